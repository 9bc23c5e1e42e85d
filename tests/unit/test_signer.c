// SPDX-License-Identifier: BSD-2-Clause
/*
 * Signatures of the keystore: each scheme's is right, what may not be is refused, and
 * what happens meanwhile to the key or to whoever asked. A thread of the test's signs
 * with the same keys at the same time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>
#include <pthread.h>

#include "ctrl/daemon/keystore.h"
#include "ctrl/daemon/signer.h"
#include "ctrl/pki/creds.h"
#include "ctrl/wire/ike_build.h"
#include "tests/support/openssl.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ANSWERS_MAX  (2 * SIGNER_MAX)

enum { RSA, P256, P384, P521, ED25519, ED448, OTHER, KEYS };

static const char *const key_files[KEYS] = {
	"rsa", "p256", "p384", "p521", "ed25519", "ed448", "other",
};

struct fixture {
	struct event_base *base;
	struct sign_keys *keys;
	struct fingerprint prints[KEYS];
	struct signer *signer;
	struct conn_conf conn;
	struct fingerprint cert,
		cert_key;	 /* which certificate is of which key */
	struct identity cert_id; /* and of whom, if no key is named */
	bool cert_key_alone;	 /* else of each key there is one */
	struct keystore_answer answers[ANSWERS_MAX];
	size_t n, wanted;
	uint64_t first; /* token of the next ones */
};

/* --- keys, made once */

static int make_files(void **state)
{
	(void)state;
	openssl_begin();
	openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa");
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256");
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384");
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521");
	openssl("genpkey -algorithm ED25519 -out ed25519");
	openssl("genpkey -algorithm ED448 -out ed448");
	openssl("genpkey -algorithm ED25519 -out other");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

static struct private_key *read_key(unsigned int which)
{
	struct private_key *key;
	struct error e;
	size_t len;
	const uint8_t *octets = openssl_get(key_files[which], &len);

	assert_non_null(octets);
	assert_int_equal(private_key_read(slice_of(octets, len),
					  slice_of(NULL, 0), &key, &e),
			 0);
	return key;
}

static void add_key(struct fixture *f, unsigned int which)
{
	struct private_key *key = read_key(which);
	struct error e;

	assert_true(fingerprint_of(public_key_spki(private_key_public(key)),
				   &f->prints[which]));
	assert_int_equal(sign_keys_add(f->keys, key, SIGN_OF_VICI, NULL, &e), 0);
}

/* --- the one who asks */

static void on_answer(void *ctx, const struct keystore_answer *a)
{
	struct fixture *f = ctx;

	assert_true(f->n < ANSWERS_MAX);
	f->answers[f->n++] = *a;
	if (f->n == f->wanted)
		event_base_loopbreak(f->base);
}

static bool find_cert(void *ctx, const struct fingerprint *certificate,
		      struct fingerprint *key)
{
	const struct fixture *f = ctx;

	*key = f->cert_key;
	return fingerprint_equal(certificate, &f->cert);
}

static bool has_cert_of(void *ctx, const struct fingerprint *key,
			const struct identity *id)
{
	const struct fixture *f = ctx;

	return (!f->cert_key_alone || fingerprint_equal(key, &f->cert_key)) &&
	       identity_equal(id, &f->cert_id);
}

static struct identity who(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct signer_spec spec = { .base = event_base_new(),
					  .keys = sign_keys_new(),
					  .certs = { find_cert, has_cert_of, f },
					  .answer = on_answer,
					  .ctx = f };

	assert_non_null(f);
	f->base = spec.base;
	f->keys = (struct sign_keys *)spec.keys;
	f->signer = signer_new(&spec);
	for (unsigned int i = 0; i < OTHER; i++)
		add_key(f, i);
	memset(f->cert.octets, 7, sizeof(f->cert.octets));
	f->conn.local_id = f->cert_id = who("moon.example.org");
	f->conn.local_auth.by = AUTH_BY_PUBKEY;
	*state = f;
	return f->signer ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	signer_free(f->signer);
	sign_keys_free(f->keys);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void put_id_body(struct keystore_request *q)
{
	q->id_len = (uint16_t)(4 + q->local.len);
	memset(q->id_body, 0, 4);
	q->id_body[0] = q->local.type;
	memcpy(q->id_body + 4, q->local.octets, q->local.len);
}

/* A response of IKE_SA_INIT; 0: without that payload. */
struct shape {
	uint8_t version, exchange, flags;
	uint64_t spi_i, spi_r;
	uint32_t message_id;
	bool sa, ke, nonce, twice;
};

static const struct shape response = { .version = IKE_VERSION,
				       .exchange = IKE_EXCH_IKE_SA_INIT,
				       .flags = IKE_FLAG_R,
				       .spi_i = 1,
				       .spi_r = 2,
				       .sa = true,
				       .ke = true,
				       .nonce = true };

static void put_message(struct keystore_request *q, const struct shape *s)
{
	const struct ike_header h = { .spi_i = s->spi_i,
				      .spi_r = s->spi_r,
				      .version = s->version,
				      .exchange = s->exchange,
				      .flags = s->flags,
				      .message_id = s->message_id };
	static const uint8_t octets[32] = { 1, 2, 3 };
	struct ike_builder m;
	struct slice out;

	ike_begin(&m, q->message, sizeof(q->message), &h);
	if (s->sa) {
		ike_sa_begin(&m);
		ike_proposal_begin(&m, IKE_PROTO_IKE, slice_of(NULL, 0));
		ike_transform_put(&m, IKE_TF_ENCR, ENCR_AES_CBC, 128);
		ike_proposal_end(&m);
		ike_sa_end(&m);
	}
	if (s->ke)
		ike_ke_put(&m, KE_CURVE25519, slice_of(octets, 32));
	for (int i = 0; i < s->nonce + s->twice; i++)
		ike_nonce_put(&m, slice_of(octets, 32));
	assert_true(ike_end(&m, &out));
	q->message_len = (uint16_t)out.len;
}

static struct keystore_request request(const struct fixture *f,
				       unsigned int key, enum sign_id scheme)
{
	struct keystore_request q = { .token = 9,
				      .op = KEYSTORE_SIGN,
				      .scheme = (uint8_t)scheme,
				      .prf = PRF_HMAC_SHA2_256,
				      .nonce_len = 32,
				      .int_auth_len = 68,
				      .local = who("moon.example.org"),
				      .key = f->prints[key] };

	put_id_body(&q);
	put_message(&q, &response);
	memset(q.nonce, 2, sizeof(q.nonce));
	memset(q.sk_p, 3, sizeof(q.sk_p));
	memset(q.int_auth, 4, sizeof(q.int_auth));
	return q;
}

/* Answered, be it at once or by the loop. */
static const struct keystore_answer *ask(struct fixture *f,
					 const struct keystore_request *q)
{
	f->n = 0;
	f->wanted = 1;
	signer_ask(f->signer, &f->conn, 1, q);
	if (!f->n)
		event_base_dispatch(f->base);
	assert_int_equal(f->n, 1);
	return &f->answers[0];
}

static int refusal(struct fixture *f, const struct keystore_request *q)
{
	const struct keystore_answer *a = ask(f, q);

	assert_int_equal(a->token, q->token);
	assert_int_equal(a->auth_len, 0);
	return a->err;
}

/* --- what is signed */

static const struct {
	unsigned int key;
	enum sign_id scheme;
} scheme_rows[] = {
	{ RSA, SIGN_RSA_SHA256 },    { RSA, SIGN_RSA_SHA384 },
	{ RSA, SIGN_RSA_SHA512 },    { RSA, SIGN_PSS_SHA256 },
	{ RSA, SIGN_PSS_SHA384 },    { RSA, SIGN_PSS_SHA512 },
	{ P256, SIGN_ECDSA_SHA256 }, { P384, SIGN_ECDSA_SHA384 },
	{ P521, SIGN_ECDSA_SHA512 }, { P256, SIGN_ECDSA_256 },
	{ P384, SIGN_ECDSA_384 },    { P521, SIGN_ECDSA_521 },
	{ ED25519, SIGN_ED25519 },   { ED448, SIGN_ED448 },
	{ P256, SIGN_ECDSA_SHA512 },
};

/* message | nonce | prf(SK_p, ID') | IntAuth, RFC 7296 section 2.15. */
static size_t signed_octets(const struct keystore_request *q, uint8_t *out)
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	const struct slice id = slice_of(q->id_body, q->id_len);

	memcpy(out, q->message, q->message_len);
	out += q->message_len;
	memcpy(out, q->nonce, 32);
	assert_true(prf(alg, slice_of(q->sk_p, 32), &id, 1, out + 32));
	memcpy(out + 64, q->int_auth, 68);
	return q->message_len + 132U;
}

static void signature_of_each_scheme_is_of_the_octets(void **state)
{
	struct fixture *f = *state;
	uint8_t octets[512];

	for (size_t i = 0; i < ARRAY_LEN(scheme_rows); i++) {
		const struct keystore_request q =
			request(f, scheme_rows[i].key, scheme_rows[i].scheme);
		const struct keystore_answer *a = ask(f, &q);
		struct private_key *key = read_key(scheme_rows[i].key);
		const struct slice message =
			slice_of(octets, signed_octets(&q, octets));

		assert_int_equal(a->err, 0);
		assert_int_equal(a->token, 9);
		assert_int_equal(
			public_key_verify(private_key_public(key),
					  sign_by_id(scheme_rows[i].scheme),
					  message,
					  slice_of(a->auth, a->auth_len)),
			0);
		private_key_free(key);
	}
}

static void sha1_is_signed_only_where_rules_name_it(void **state)
{
	struct fixture *f = *state;
	const struct keystore_request q = request(f, RSA, SIGN_RSA_SHA1);

	assert_int_equal(refusal(f, &q), -ENOKEY);
	f->conn.local_auth.rules.ike = 1U << SIGN_RSA_SHA1;
	assert_int_equal(ask(f, &q)->err, 0);
}

/* --- what is refused */

static void lengths_that_lie_are_refused(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q[8];

	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		q[i] = request(f, ED25519, SIGN_ED25519);
	q[0].message_len = KEYSTORE_MESSAGE_MAX + 1;
	q[1].message_len = 0;
	q[2].nonce_len = KEYSTORE_NONCE_MAX + 1;
	q[3].id_len = sizeof(q[3].id_body) + 1;
	q[4].int_auth_len = KEYSTORE_INT_AUTH_MAX + 1;
	q[5].local.len = IKE_ID_MAX + 1;
	q[6].scheme = SIGN_ED448 + 1;
	q[7].prf = UINT16_MAX;
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		assert_int_equal(refusal(f, &q[i]), -EINVAL);
}

static void key_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q = request(f, ED25519, SIGN_ED25519);

	q.key.octets[31] ^= 1;
	assert_int_equal(refusal(f, &q), -ENOKEY);
}

static void scheme_that_is_not_the_keys_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct keystore_request q[] = {
		request(f, RSA, SIGN_ED25519),
		request(f, P256, SIGN_ECDSA_384),
		request(f, ED448, SIGN_ED25519),
		request(f, P256, SIGN_PSS_SHA256),
	};

	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		assert_int_equal(refusal(f, &q[i]), -ENOKEY);
}

static void rules_of_the_connection_hold(void **state)
{
	struct fixture *f = *state;
	struct sign_rules *rules = &f->conn.local_auth.rules;
	const struct keystore_request sha256 = request(f, RSA, SIGN_PSS_SHA256);
	const struct keystore_request sha384 = request(f, RSA, SIGN_PSS_SHA384);

	rules->ike = 1U << SIGN_PSS_SHA384;
	assert_int_equal(refusal(f, &sha256), -ENOKEY);
	assert_int_equal(ask(f, &sha384)->err, 0);
	rules->keys = 1U << KEY_ECDSA;
	assert_int_equal(refusal(f, &sha384), -ENOKEY);
	rules->keys = 1U << KEY_RSA;
	rules->rsa_bits = 3072;
	assert_int_equal(refusal(f, &sha384), -ENOKEY);
}

static void nobody_signs_where_no_connection_does(void **state)
{
	struct fixture *f = *state;
	const struct keystore_request q = request(f, ED25519, SIGN_ED25519);

	f->conn.local_auth.by = AUTH_BY_PSK;
	assert_int_equal(refusal(f, &q), -ENOKEY);
	f->conn.local_auth.by = AUTH_BY_PUBKEY;
	f->conn.local_id = who("sun.example.org");
	assert_int_equal(refusal(f, &q), -ENOKEY);
	f->conn.local_id = (struct identity){ 0 };
	assert_int_equal(ask(f, &q)->err, 0);
	f->cert_id = f->conn.local_id;
	signer_ask(f->signer, NULL, 0, &q);
	assert_int_equal(f->answers[1].err, -ENOKEY);
}

/* Else a taken-over ike would be whoever it likes. */
static void identity_that_is_signed_is_the_connections(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q[5];

	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		q[i] = request(f, ED25519, SIGN_ED25519);
	q[0].id_body[4] ^= 1;
	q[1].id_body[0]++;
	q[2].id_body[2] = 1;
	q[3].id_len--;
	q[4].id_len++;
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		assert_int_equal(refusal(f, &q[i]), -ENOKEY);
}

static void connection_that_names_keys_has_no_other(void **state)
{
	struct fixture *f = *state;
	struct auth_conf *a = &f->conn.local_auth;
	const struct keystore_request named = request(f, P256, SIGN_ECDSA_256);
	const struct keystore_request other = request(f, ED25519, SIGN_ED25519);

	a->pubkeys[0] = f->prints[P256];
	a->n_pubkeys = 1;
	assert_int_equal(ask(f, &named)->err, 0);
	assert_int_equal(refusal(f, &other), -ENOKEY);
}

/* RFC 4739: a side may sign in any of its rounds, as that one says. */
static void key_of_a_further_round_may_sign(void **state)
{
	struct fixture *f = *state;
	const struct keystore_request q = request(f, P256, SIGN_ECDSA_256);
	struct auth_round more[2] = { { .auth.by = AUTH_BY_PSK } };

	more[1].id = f->conn.local_id;
	more[1].auth.by = AUTH_BY_PUBKEY;
	f->conn.local_auth.by = AUTH_BY_PSK;
	assert_int_equal(refusal(f, &q), -ENOKEY);
	f->conn.more_rounds = more;
	f->conn.n_more_local = 2;
	assert_int_equal(ask(f, &q)->err, 0);
	more[1].id = who("mars.example.org");
	assert_int_equal(refusal(f, &q), -ENOKEY);
	more[1].id = f->conn.local_id;
	f->conn.n_more_local = 1; /* the other one is the peer's */
	f->conn.n_more_remote = 1;
	assert_int_equal(refusal(f, &q), -ENOKEY);
	f->conn.more_rounds = NULL;
	f->conn.n_more_local = f->conn.n_more_remote = 0;
	f->conn.local_auth.by = AUTH_BY_PUBKEY;
}

static void connection_that_names_certificates_has_their_keys(void **state)
{
	struct fixture *f = *state;
	struct auth_conf *a = &f->conn.local_auth;
	const struct keystore_request named = request(f, P256, SIGN_ECDSA_256);
	const struct keystore_request other = request(f, ED25519, SIGN_ED25519);

	a->certs[0] = f->cert;
	a->n_certs = 1;
	f->cert_key = f->prints[P256];
	assert_int_equal(ask(f, &named)->err, 0);
	assert_int_equal(refusal(f, &other), -ENOKEY);
	a->certs[0].octets[0] ^= 1; /* a certificate that nobody has */
	assert_int_equal(refusal(f, &named), -ENOKEY);
}

/* Else it would sign for a CA whose key lies there, or for whomever another key is. */
static void connection_that_names_none_has_certificates_of_its_identity(
	void **state)
{
	struct fixture *f = *state;
	const struct keystore_request named = request(f, P256, SIGN_ECDSA_256);
	const struct keystore_request other = request(f, ED25519, SIGN_ED25519);

	f->cert_key_alone = true;
	f->cert_key = f->prints[P256];
	assert_int_equal(ask(f, &named)->err, 0);
	assert_int_equal(refusal(f, &other), -ENOKEY);
	f->cert_id = who("sun.example.org");
	assert_int_equal(refusal(f, &named), -ENOKEY);
	f->conn.local_auth.pubkeys[0] = f->prints[P256]; /* named is enough */
	f->conn.local_auth.n_pubkeys = 1;
	assert_int_equal(ask(f, &named)->err, 0);
}

/* --- that it is a handshake of IKE */

static void both_sides_first_messages_are_signed(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q = request(f, ED25519, SIGN_ED25519);
	struct shape s = response;

	assert_int_equal(ask(f, &q)->err, 0);
	s.flags = IKE_FLAG_I;
	s.spi_r = 0;
	put_message(&q, &s);
	assert_int_equal(ask(f, &q)->err, 0);
	q.int_auth_len = 0;
	assert_int_equal(ask(f, &q)->err, 0);
	q.nonce_len = 16;
	assert_int_equal(ask(f, &q)->err, 0);
	q.nonce_len = 256;
	assert_int_equal(ask(f, &q)->err, 0);
}

static void other_messages_are_not_signed(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q = request(f, ED25519, SIGN_ED25519);
	struct shape s[14];

	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = response;
	s[0].version = 0x10;
	s[1].version = 0x30;
	s[2].exchange = IKE_EXCH_IKE_AUTH;
	s[3].exchange = IKE_EXCH_IKE_INTERMEDIATE;
	s[4].exchange = IKE_EXCH_IKE_SESSION_RESUME;
	s[5].flags = IKE_FLAG_I; /* with a responder's SPI */
	s[6].flags = IKE_FLAG_I | IKE_FLAG_R;
	s[7].flags = 0;
	s[8].spi_r = 0;
	s[9].spi_i = 0;
	s[10].message_id = 1;
	s[11].sa = false;
	s[12].ke = false;
	s[13].nonce = false;
	for (size_t i = 0; i < ARRAY_LEN(s); i++) {
		put_message(&q, &s[i]);
		if (refusal(f, &q) != -ENOKEY)
			fail_msg("message %zu", i);
	}
	s[0] = response;
	s[0].twice = true;
	put_message(&q, &s[0]);
	assert_int_equal(refusal(f, &q), -ENOKEY);
}

/* The header's own length, and every cut. */
static void message_of_another_length_is_not_signed(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q = request(f, ED25519, SIGN_ED25519);
	const uint16_t len = q.message_len;

	for (q.message_len = 1; q.message_len < len; q.message_len++)
		assert_int_equal(refusal(f, &q), -ENOKEY);
	q.message_len++;
	assert_int_equal(refusal(f, &q), -ENOKEY);
	q.message_len = len;
	q.message[27]++;
	assert_int_equal(refusal(f, &q), -ENOKEY);
	memset(q.message, 1, sizeof(q.message));
	assert_int_equal(refusal(f, &q), -ENOKEY);
}

static void nonce_and_int_auth_are_as_long_as_they_must_be(void **state)
{
	static const uint16_t int_auths[] = { 1, 4, 36, 64, 67, 69, 132 };
	struct fixture *f = *state;
	struct keystore_request q = request(f, ED25519, SIGN_ED25519);

	for (q.nonce_len = 1; q.nonce_len < 16; q.nonce_len++)
		assert_int_equal(refusal(f, &q), -ENOKEY);
	for (size_t i = 0; i < ARRAY_LEN(int_auths); i++) {
		q.int_auth_len = int_auths[i];
		assert_int_equal(refusal(f, &q), -ENOKEY);
	}
	q.prf = PRF_HMAC_SHA2_512;
	assert_int_equal(ask(f, &q)->err, 0);
}

/* --- meanwhile */

static void ask_often(struct fixture *f, unsigned int times)
{
	struct keystore_request q = request(f, P256, SIGN_ECDSA_256);

	f->n = 0;
	for (unsigned int i = 0; i < times; i++) {
		q.token = f->first + i;
		signer_ask(f->signer, &f->conn, 1, &q);
	}
}

static void assert_each_once(const struct fixture *f, unsigned int times)
{
	bool *seen = calloc(times, sizeof(*seen));

	assert_non_null(seen);
	assert_int_equal(f->n, times);
	for (size_t i = 0; i < f->n; i++) {
		const uint64_t which = f->answers[i].token - f->first;

		assert_true(which < times);
		assert_false(seen[which]);
		seen[which] = true;
		assert_int_equal(f->answers[i].err, 0);
	}
	free(seen);
}

static void every_signature_comes_once(void **state)
{
	struct fixture *f = *state;

	f->wanted = 200;
	ask_often(f, 200);
	event_base_dispatch(f->base);
	assert_each_once(f, 200);
}

static void one_who_asks_too_much_is_refused_and_served_later(void **state)
{
	struct fixture *f = *state;

	ask_often(f, SIGNER_MAX + 3);
	assert_int_equal(f->n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(f->answers[i].err, -EBUSY);
	f->n = 0;
	f->wanted = SIGNER_MAX;
	event_base_dispatch(f->base);
	assert_each_once(f, SIGNER_MAX);
	f->wanted = 1;
	ask_often(f, 1);
	event_base_dispatch(f->base);
	assert_each_once(f, 1);
}

static void key_that_goes_while_it_signs_is_there_until_then(void **state)
{
	struct fixture *f = *state;
	struct keystore_request q = request(f, P256, SIGN_ECDSA_256);

	f->wanted = 100;
	ask_often(f, 100);
	sign_keys_clear_vici(f->keys);
	assert_int_equal(sign_keys_count(f->keys, SIGN_OF_VICI), 0);
	event_base_dispatch(f->base);
	assert_each_once(f, 100);
	assert_int_equal(refusal(f, &q), -ENOKEY);
}

/* Its successor may have the same tokens. */
static void one_who_has_gone_gets_no_answer(void **state)
{
	struct fixture *f = *state;

	ask_often(f, 500);
	signer_forget(f->signer);
	f->first = 500;
	f->wanted = 20;
	ask_often(f, 20);
	event_base_dispatch(f->base);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_each_once(f, 20);
}

/* The sanitizer sees what is lost. */
static void signer_that_ends_frees_what_it_has(void **state)
{
	struct fixture *f = *state;

	ask_often(f, 300);
	assert_int_equal(f->n, 0);
}

struct rival {
	const struct private_key *key;
	int err;
};

static void *sign_too(void *ctx)
{
	struct rival *r = ctx;
	uint8_t out[SIGN_MAX_BYTES];
	size_t len;

	for (int i = 0; i < 100 && !r->err; i++)
		r->err = private_key_sign(r->key, sign_by_id(SIGN_ECDSA_256),
					  slice_of(out, 0), out, sizeof(out),
					  &len);
	return NULL;
}

static void key_signs_on_several_threads_at_once(void **state)
{
	struct fixture *f = *state;
	struct sign_key *key = sign_keys_find(f->keys, &f->prints[P256]);
	struct rival rival = { .key = sign_key_private(key) };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, sign_too, &rival), 0);
	f->wanted = 100;
	ask_often(f, 100);
	event_base_dispatch(f->base);
	pthread_join(thread, NULL);
	assert_each_once(f, 100);
	assert_int_equal(rival.err, 0);
	sign_key_release(key);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(signature_of_each_scheme_is_of_the_octets),
		CASE(sha1_is_signed_only_where_rules_name_it),
		CASE(lengths_that_lie_are_refused),
		CASE(key_that_is_not_there_is_refused),
		CASE(scheme_that_is_not_the_keys_is_refused),
		CASE(rules_of_the_connection_hold),
		CASE(nobody_signs_where_no_connection_does),
		CASE(identity_that_is_signed_is_the_connections),
		CASE(connection_that_names_keys_has_no_other),
		CASE(key_of_a_further_round_may_sign),
		CASE(connection_that_names_certificates_has_their_keys),
		CASE(connection_that_names_none_has_certificates_of_its_identity),
		CASE(both_sides_first_messages_are_signed),
		CASE(other_messages_are_not_signed),
		CASE(message_of_another_length_is_not_signed),
		CASE(nonce_and_int_auth_are_as_long_as_they_must_be),
		CASE(every_signature_comes_once),
		CASE(one_who_asks_too_much_is_refused_and_served_later),
		CASE(key_that_goes_while_it_signs_is_there_until_then),
		CASE(one_who_has_gone_gets_no_answer),
		CASE(signer_that_ends_frees_what_it_has),
		CASE(key_signs_on_several_threads_at_once),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
