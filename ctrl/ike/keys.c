// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/keys.h"

#include <errno.h>
#include <string.h>

/* Everything that prf+ is asked for at once, section 2.14. */
#define STREAM_MAX (3 * PRF_MAX_BYTES + 4 * SECRET_MAX_BYTES)

static struct slice prf_slice(const struct prf_alg *prf, const uint8_t *octets)
{
	return slice_of(octets, prf->out_bytes);
}

static void take(struct slice *stream, void *out, size_t len)
{
	/* The stream was made as long as all that is taken. */
	if (!rd_bytes(stream, out, len))
		memset(out, 0, len);
}

static void take_secret(struct slice *stream, struct secret *out, size_t len)
{
	out->len = len;
	take(stream, out->octets, len);
}

/* Of SK_e and SK_a of a role. */
static int sk_key_make(const struct keys *k, bool initiators,
		       struct sk_key **out)
{
	struct secret encr = { .len = encr_key_bytes(k->encr) };
	struct secret integ = { .len = k->integ->key_bytes };
	const struct crypto_key_spec spec = {
		.encr = k->encr,
		.integ = k->integ,
		.encr_key = &encr,
		.integ_key = &integ,
	};
	int err;

	memcpy(encr.octets, initiators ? k->sk_ei : k->sk_er, encr.len);
	memcpy(integ.octets, initiators ? k->sk_ai : k->sk_ar, integ.len);
	err = sk_key_new(&spec, out);
	secret_wipe(&encr);
	secret_wipe(&integ);
	return err;
}

/* Can messages be protected with them? */
static int check(const struct keys *k)
{
	struct sk_key *key = NULL;
	int err = sk_key_make(k, true, &key);

	sk_key_free(key);
	return err;
}

bool keys_seal(const struct keys *k, const struct sk_text *t)
{
	struct sk_key *key = NULL;
	bool ok = !sk_key_make(k, k->initiator, &key) && sk_seal(key, t);

	sk_key_free(key);
	return ok;
}

bool keys_open(const struct keys *k, const struct sk_text *t)
{
	struct sk_key *key = NULL;
	bool ok = !sk_key_make(k, !k->initiator, &key) && sk_open(key, t);

	sk_key_free(key);
	return ok;
}

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, section 2.14. */
static int split_stream(struct slice stream, struct keys *out)
{
	size_t prf_bytes = out->prf->out_bytes;
	size_t encr_bytes = encr_key_bytes(out->encr);

	take(&stream, out->sk_d, prf_bytes);
	take(&stream, out->sk_ai, out->integ->key_bytes);
	take(&stream, out->sk_ar, out->integ->key_bytes);
	take(&stream, out->sk_ei, encr_bytes);
	take(&stream, out->sk_er, encr_bytes);
	take(&stream, out->sk_pi, prf_bytes);
	take(&stream, out->sk_pr, prf_bytes);
	return check(out);
}

static size_t stream_bytes(const struct chosen *c)
{
	return 3U * c->prf->out_bytes + 2U * c->integ->key_bytes +
	       2U * encr_key_bytes(c->encr);
}

static int expand(const struct keys_input *in, const uint8_t *skeyseed,
		  struct keys *out)
{
	uint8_t spis[2 * IKE_SPI_BYTES], stream[STREAM_MAX];
	struct builder b = wr_init(spis, sizeof(spis));
	const struct slice parts[] = { in->ni, in->nr,
				       slice_of(spis, sizeof(spis)) };
	size_t bytes = stream_bytes(in->chosen);
	int err = -EIO;

	*out = (struct keys){
		.prf = in->chosen->prf,
		.encr = in->chosen->encr,
		.integ = in->chosen->integ,
		.ke = in->chosen->ke,
		.initiator = in->initiator,
	};
	memcpy(out->addke, in->chosen->addke, sizeof(out->addke));
	wr_u64(&b, in->spi_i);
	wr_u64(&b, in->spi_r);
	if (wr_ok(&b) && prf_plus(out->prf, prf_slice(out->prf, skeyseed),
				  parts, 3, stream, bytes))
		err = split_stream(slice_of(stream, bytes), out);
	explicit_bzero(stream, sizeof(stream));
	if (err)
		keys_fini(out);
	return err;
}

/* A nonce's part in SKEYSEED's key. */
static void put_nonce(struct builder *b, const struct prf_alg *prf,
		      struct slice nonce)
{
	size_t len = nonce.len;

	if (prf->nonce_bytes && prf->nonce_bytes < len)
		len = prf->nonce_bytes;
	wr_bytes(b, nonce.ptr, len);
}

/* SKEYSEED = prf(Ni | Nr, g^ir), section 2.14. */
int keys_init(const struct keys_input *in, struct keys *out)
{
	uint8_t nonces[2 * IKE_NONCE_MAX_BYTES], skeyseed[PRF_MAX_BYTES];
	struct builder b = wr_init(nonces, sizeof(nonces));
	const struct slice parts[] = { in->shared };
	int err = -EIO;

	put_nonce(&b, in->chosen->prf, in->ni);
	put_nonce(&b, in->chosen->prf, in->nr);
	if (wr_ok(&b) &&
	    prf(in->chosen->prf, slice_of(nonces, b.len), parts, 1, skeyseed))
		err = expand(in, skeyseed, out);
	explicit_bzero(skeyseed, sizeof(skeyseed));
	return err;
}

/* SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), section 2.18; RFC 9370 section
 * 2.2.4 has more behind it. */
int keys_rekey(const struct keys *old, const struct keys_input *in,
	       struct keys *out)
{
	const struct slice parts[] = { in->shared, in->ni, in->nr, in->more };
	uint8_t skeyseed[PRF_MAX_BYTES];
	int err = -EIO;

	/* With the old SA's PRF; what follows uses the new one's. */
	if (prf(old->prf, prf_slice(old->prf, old->sk_d), parts, 4, skeyseed))
		err = expand(in, skeyseed, out);
	explicit_bzero(skeyseed, sizeof(skeyseed));
	return err;
}

bool keys_resumption_seed(const struct prf_alg *alg, struct slice sk_d,
			  struct slice ni, struct slice nr, uint8_t *skeyseed)
{
	static const char word[] = "Resumption";
	const struct slice parts[] = {
		slice_of(word, sizeof(word) - 1),
		ni,
		nr,
	};

	return prf(alg, sk_d, parts, 3, skeyseed);
}

int keys_resume(const struct keys_input *in, struct slice skeyseed,
		struct keys *out)
{
	if (skeyseed.len != in->chosen->prf->out_bytes)
		return -EINVAL;
	return expand(in, skeyseed.ptr, out);
}

void keys_fini(struct keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

void keys_put(struct builder *b, const struct keys *k)
{
	size_t encr_bytes = encr_key_bytes(k->encr);

	wr_u16(b, (uint16_t)k->prf->id);
	wr_u16(b, (uint16_t)k->encr->id);
	wr_u16(b, encr_attr_bits(k->encr));
	wr_u16(b, (uint16_t)k->integ->id);
	wr_u16(b, k->ke ? (uint16_t)k->ke->id : KE_NONE);
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		wr_u16(b, k->addke[i]);
	wr_bytes(b, k->sk_d, k->prf->out_bytes);
	wr_bytes(b, k->sk_ai, k->integ->key_bytes);
	wr_bytes(b, k->sk_ar, k->integ->key_bytes);
	wr_bytes(b, k->sk_ei, encr_bytes);
	wr_bytes(b, k->sk_er, encr_bytes);
}

static bool get_algs(struct slice *s, struct keys *out)
{
	uint16_t prf, encr, encr_bits, integ, ke;

	if (!rd_u16(s, &prf) || !rd_u16(s, &encr) || !rd_u16(s, &encr_bits) ||
	    !rd_u16(s, &integ) || !rd_u16(s, &ke))
		return false;
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (!rd_u16(s, &out->addke[i]))
			return false;
	out->prf = prf_by_id(prf);
	out->encr = encr_by_id(encr, encr_bits);
	out->integ = integ_by_id(integ);
	out->ke = ke_by_id(ke);
	return out->prf && out->encr && out->integ && (out->ke || ke == KE_NONE);
}

bool keys_get(struct slice *s, bool initiator, struct keys *out)
{
	size_t encr_bytes;

	*out = (struct keys){ .initiator = initiator };
	if (!get_algs(s, out))
		return false;
	encr_bytes = encr_key_bytes(out->encr);
	return rd_bytes(s, out->sk_d, out->prf->out_bytes) &&
	       rd_bytes(s, out->sk_ai, out->integ->key_bytes) &&
	       rd_bytes(s, out->sk_ar, out->integ->key_bytes) &&
	       rd_bytes(s, out->sk_ei, encr_bytes) &&
	       rd_bytes(s, out->sk_er, encr_bytes) && !check(out);
}

/* KEYMAT = prf+(SK_d, g^ir | Ni | Nr), section 2.17; likewise. */
int keymat_make(const struct keys *k, const struct chosen *chosen,
		struct slice shared, struct slice more, struct slice ni,
		struct slice nr, struct keymat *out)
{
	const struct slice parts[] = { shared, ni, nr, more };
	size_t encr_bytes = encr_key_bytes(chosen->encr);
	size_t integ_bytes = chosen->integ->key_bytes;
	uint8_t stream[STREAM_MAX];
	size_t bytes = 2 * (encr_bytes + integ_bytes);
	struct slice s = slice_of(stream, bytes);
	bool ok = prf_plus(k->prf, prf_slice(k->prf, k->sk_d), parts, 4, stream,
			   bytes);

	take_secret(&s, &out->encr_i, encr_bytes);
	take_secret(&s, &out->integ_i, integ_bytes);
	take_secret(&s, &out->encr_r, encr_bytes);
	take_secret(&s, &out->integ_r, integ_bytes);
	explicit_bzero(stream, sizeof(stream));
	if (!ok)
		keymat_wipe(out);
	return ok ? 0 : -EIO;
}

void keymat_wipe(struct keymat *m)
{
	explicit_bzero(m, sizeof(*m));
}
