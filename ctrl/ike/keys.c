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

static int sk_key_make(const struct chosen *c, const struct secret *encr,
		       const struct secret *integ, struct sk_key **out)
{
	const struct crypto_key_spec spec = {
		.encr = c->encr,
		.integ = c->integ,
		.encr_key = encr,
		.integ_key = integ,
	};

	return sk_key_new(&spec, out);
}

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, section 2.14. */
static int split_stream(const struct keys_input *in, struct slice stream,
			struct keys *out)
{
	size_t prf_bytes = out->prf->out_bytes;
	struct secret ai, ar, ei, er;
	int err;

	take(&stream, out->sk_d, prf_bytes);
	take_secret(&stream, &ai, in->chosen->integ->key_bytes);
	take_secret(&stream, &ar, in->chosen->integ->key_bytes);
	take_secret(&stream, &ei, encr_key_bytes(in->chosen->encr));
	take_secret(&stream, &er, encr_key_bytes(in->chosen->encr));
	take(&stream, out->sk_pi, prf_bytes);
	take(&stream, out->sk_pr, prf_bytes);
	err = sk_key_make(in->chosen, &ei, &ai,
			  in->initiator ? &out->out : &out->in);
	if (!err)
		err = sk_key_make(in->chosen, &er, &ar,
				  in->initiator ? &out->in : &out->out);
	secret_wipe(&ai);
	secret_wipe(&ar);
	secret_wipe(&ei);
	secret_wipe(&er);
	return err;
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
	};
	wr_u64(&b, in->spi_i);
	wr_u64(&b, in->spi_r);
	if (wr_ok(&b) && prf_plus(out->prf, prf_slice(out->prf, skeyseed),
				  parts, 3, stream, bytes))
		err = split_stream(in, slice_of(stream, bytes), out);
	explicit_bzero(stream, sizeof(stream));
	if (err)
		keys_fini(out);
	return err;
}

static struct slice secret_slice(const struct secret *s)
{
	return slice_of(s->octets, s->len);
}

/* SKEYSEED = prf(Ni | Nr, g^ir), section 2.14. */
int keys_init(const struct keys_input *in, struct keys *out)
{
	uint8_t nonces[2 * IKE_NONCE_MAX_BYTES], skeyseed[PRF_MAX_BYTES];
	struct builder b = wr_init(nonces, sizeof(nonces));
	const struct slice parts[] = { secret_slice(in->shared) };
	int err = -EIO;

	wr_bytes(&b, in->ni.ptr, in->ni.len);
	wr_bytes(&b, in->nr.ptr, in->nr.len);
	if (wr_ok(&b) &&
	    prf(in->chosen->prf, slice_of(nonces, b.len), parts, 1, skeyseed))
		err = expand(in, skeyseed, out);
	explicit_bzero(skeyseed, sizeof(skeyseed));
	return err;
}

/* SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), section 2.18. */
int keys_rekey(const struct keys *old, const struct keys_input *in,
	       struct keys *out)
{
	const struct slice parts[] = { secret_slice(in->shared), in->ni,
				       in->nr };
	uint8_t skeyseed[PRF_MAX_BYTES];
	int err = -EIO;

	/* With the old SA's PRF; what follows uses the new one's. */
	if (prf(old->prf, prf_slice(old->prf, old->sk_d), parts, 3, skeyseed))
		err = expand(in, skeyseed, out);
	explicit_bzero(skeyseed, sizeof(skeyseed));
	return err;
}

void keys_fini(struct keys *k)
{
	sk_key_free(k->in);
	sk_key_free(k->out);
	explicit_bzero(k, sizeof(*k));
}

/* KEYMAT = prf+(SK_d, g^ir | Ni | Nr), section 2.17. */
int keymat_make(const struct keys *k, const struct chosen *chosen,
		const struct secret *shared, struct slice ni, struct slice nr,
		struct keymat *out)
{
	const struct slice parts[] = { shared ? secret_slice(shared)
					      : slice_of(NULL, 0),
				       ni, nr };
	size_t encr_bytes = encr_key_bytes(chosen->encr);
	size_t integ_bytes = chosen->integ->key_bytes;
	uint8_t stream[STREAM_MAX];
	size_t bytes = 2 * (encr_bytes + integ_bytes);
	struct slice s = slice_of(stream, bytes);
	bool ok = prf_plus(k->prf, prf_slice(k->prf, k->sk_d), parts, 3, stream,
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
