// SPDX-License-Identifier: BSD-2-Clause
/*
 * A conversation with strongSwan, from its messages and the initiator's private
 * values alone: all keys are those in strongSwan's log, every message opens, by
 * either side's keys, and both authenticate with the pre-shared key and no other.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/keystore.h"
#include "tests/support/hex.h"
#include "tests/support/ike_look.h"
#include "tests/vectors/ike_exchange.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define EACH_VECTOR(v)                                              \
	const struct ike_exchange_vector *v = ike_exchange_vectors; \
	v < ike_exchange_vectors + ARRAY_LEN(ike_exchange_vectors); \
	v++

/* A message, and its payloads, which lie in its octets or, opened, in room. */
struct message {
	uint8_t octets[MESSAGE_MAX];
	uint8_t room[MESSAGE_MAX];
	size_t len;
	struct ike_header header;
	struct ike_payloads p;
};

/* The keys of both roles; struct ike_sa is what look_inside() wants. */
struct both {
	struct ike_sa i, r;
};

static void read_message(const char *hex, struct message *m)
{
	m->len = hex_decode(hex, m->octets, sizeof(m->octets));
	assert_true(ike_header_parse(slice_of(m->octets, m->len), &m->header));
}

static void read_clear(const char *hex, struct message *m)
{
	read_message(hex, m);
	assert_int_equal(ike_payloads_parse(
				 slice_of(m->octets + IKE_HEADER_BYTES,
					  m->len - IKE_HEADER_BYTES),
				 m->header.next_payload, IKE_PART_CLEAR, &m->p),
			 IKE_PARSE_OK);
}

/* By the keys of the side to which it went. */
static void read_opened(const char *hex, const struct ike_sa *to,
			struct message *m)
{
	read_message(hex, m);
	look_inside(to, (struct octets){ m->octets, m->len }, m->room, &m->p);
}

static struct slice body(const struct message *m, uint8_t type)
{
	const struct ike_payload *payload = ike_find(&m->p, type);

	assert_non_null(payload);
	return payload->body;
}

static struct slice public_value(const struct message *m,
				 const struct ke_alg *alg)
{
	struct ike_ke ke;

	assert_true(ike_ke_parse(body(m, IKE_PL_KE), &ke));
	assert_int_equal(ke.method, alg->id);
	return ke.data;
}

static void assert_octets(const uint8_t *found, size_t len, const char *hex)
{
	uint8_t octets[SECRET_MAX_BYTES];

	assert_int_equal(len, hex ? hex_decode(hex, octets, sizeof(octets)) : 0);
	if (len)
		assert_memory_equal(found, octets, len);
}

/* g^ir, where the private value is the one of which the initiator's message
 * tells. */
static struct secret shared_of(const char *x, const struct message *i,
			       const struct message *r, const char *method)
{
	const struct ke_alg *alg = ke_by_name(method);
	struct secret shared = { .len = alg->shared_bytes }, private_value;
	struct slice known;
	struct ke *ke;

	private_value.len = hex_decode(x, private_value.octets,
				       sizeof(private_value.octets));
	assert_int_equal(ke_from_private(alg,
					 slice_of(private_value.octets,
						  private_value.len),
					 &ke),
			 0);
	known = public_value(i, alg);
	assert_int_equal(ke_public(ke).len, known.len);
	assert_memory_equal(ke_public(ke).ptr, known.ptr, known.len);
	assert_int_equal(ke_agree(ke, public_value(r, alg)), 0);
	memcpy(shared.octets, ke_shared(ke).ptr, shared.len);
	ke_free(ke);
	return shared;
}

static const struct integ_alg *integ_of(const char *name)
{
	return name ? integ_by_name(name) : &integ_none;
}

static struct chosen chosen_ike(const struct ike_exchange_vector *v)
{
	return (struct chosen){ .encr = encr_by_name(v->encr),
				.integ = integ_of(v->integ),
				.prf = prf_by_name(v->prf) };
}

static void both_fini(struct both *b)
{
	keys_fini(&b->i.keys);
	keys_fini(&b->r.keys);
}

/* --- IKE_SA_INIT */

static struct both keys_of_init(const struct ike_exchange_vector *v,
				struct message *i, struct message *r)
{
	const struct chosen chosen = chosen_ike(v);
	struct keys_input in = { .chosen = &chosen };
	struct secret shared;
	struct both b = { .i = { .initiator = true } };

	read_clear(v->init_i, i);
	read_clear(v->init_r, r);
	shared = shared_of(v->x_init, i, r, v->ke);
	in.shared = slice_of(shared.octets, shared.len);
	in.ni = body(i, IKE_PL_NONCE);
	in.nr = body(r, IKE_PL_NONCE);
	in.spi_i = r->header.spi_i;
	in.spi_r = r->header.spi_r;
	assert_int_equal(keys_init(&in, &b.r.keys), 0);
	in.initiator = true;
	assert_int_equal(keys_init(&in, &b.i.keys), 0);
	return b;
}

static void keys_of_ike_sa_init_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		struct message i, r;
		struct both b = keys_of_init(v, &i, &r);
		const struct keys *k = &b.i.keys;

		assert_octets(k->sk_d, k->prf->out_bytes, v->sk_d);
		assert_octets(k->sk_pi, k->prf->out_bytes, v->sk_pi);
		assert_octets(k->sk_pr, k->prf->out_bytes, v->sk_pr);
		both_fini(&b);
	}
}

/* --- IKE_AUTH */

/* What the side that sent `first` signs and `auth` says, to be checked. */
static struct keystore_request request_of(const struct message *first,
					  struct slice nonce,
					  const struct message *auth,
					  uint8_t id_type, const uint8_t *sk_p)
{
	struct slice id = body(auth, id_type);
	struct ike_auth a;
	struct keystore_request q = { .op = KEYSTORE_PSK_CHECK,
				      .message_len = (uint16_t)first->len,
				      .nonce_len = (uint16_t)nonce.len,
				      .id_len = (uint16_t)id.len };

	assert_true(ike_auth_parse(body(auth, IKE_PL_AUTH), &a));
	assert_int_equal(a.method, IKE_AUTH_PSK);
	memcpy(q.message, first->octets, first->len);
	memcpy(q.nonce, nonce.ptr, nonce.len);
	memcpy(q.id_body, id.ptr, id.len);
	memcpy(q.auth, a.data.ptr, a.data.len);
	q.auth_len = (uint16_t)a.data.len;
	memcpy(q.sk_p, sk_p, sizeof(q.sk_p));
	q.remote = (struct identity){ .type = id.ptr[0],
				      .len = (uint16_t)(id.len - 4) };
	memcpy(q.remote.octets, id.ptr + 4, id.len - 4);
	q.local = q.remote;
	return q;
}

static int check(struct keystore_request *q, const struct keys *k,
		 const char *secret)
{
	struct psk_conf psk = { .key = { .len = strlen(secret) } };
	struct keystore_answer a;

	q->prf = (uint16_t)k->prf->id;
	memcpy(psk.key.octets, secret, psk.key.len);
	keystore_serve(&psk, 1, q, &a);
	return a.err;
}

static void assert_authentic(struct keystore_request q, const struct keys *k)
{
	assert_int_equal(check(&q, k, IKE_EXCHANGE_PSK), 0);
	assert_int_equal(check(&q, k, "another"), -EKEYREJECTED);
	q.message[q.message_len - 1] ^= 1;
	assert_int_equal(check(&q, k, IKE_EXCHANGE_PSK), -EKEYREJECTED);
}

static void both_authenticate_with_the_key_and_no_other(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		struct message i, r, auth_i, auth_r;
		struct both b = keys_of_init(v, &i, &r);

		read_opened(v->auth_i, &b.r, &auth_i);
		read_opened(v->auth_r, &b.i, &auth_r);
		assert_authentic(request_of(&i, body(&r, IKE_PL_NONCE), &auth_i,
					    IKE_PL_ID_I, b.r.keys.sk_pi),
				 &b.r.keys);
		assert_authentic(request_of(&r, body(&i, IKE_PL_NONCE), &auth_r,
					    IKE_PL_ID_R, b.i.keys.sk_pr),
				 &b.i.keys);
		both_fini(&b);
	}
}

/* --- CHILD SAs */

static void assert_keymat(const struct ike_exchange_vector *v,
			  const struct keys *k, struct slice shared,
			  const struct message *i, const struct message *r,
			  const struct ike_exchange_child *c)
{
	const struct chosen chosen = { .encr = encr_by_name(v->esp_encr),
				       .integ = integ_of(v->esp_integ) };
	struct keymat m;

	assert_int_equal(keymat_make(k, &chosen, shared, slice_of(NULL, 0),
				     body(i, IKE_PL_NONCE),
				     body(r, IKE_PL_NONCE), &m),
			 0);
	assert_octets(m.encr_i.octets, m.encr_i.len, c->encr_i);
	assert_octets(m.encr_r.octets, m.encr_r.len, c->encr_r);
	assert_octets(m.integ_i.octets, m.integ_i.len, c->integ_i);
	assert_octets(m.integ_r.octets, m.integ_r.len, c->integ_r);
	keymat_wipe(&m);
}

static void keys_of_both_children_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		struct message i, r, child_i, child_r;
		struct both b = keys_of_init(v, &i, &r);
		struct secret shared;

		assert_keymat(v, &b.i.keys, slice_of(NULL, 0), &i, &r,
			      &v->first);
		read_opened(v->child_i, &b.r, &child_i);
		read_opened(v->child_r, &b.i, &child_r);
		shared = shared_of(v->x_child, &child_i, &child_r, v->ke);
		assert_keymat(v, &b.r.keys, slice_of(shared.octets, shared.len),
			      &child_i, &child_r, &v->second);
		both_fini(&b);
	}
}

/* --- the IKE SA that takes the place of the first */

static uint64_t offered_spi(const struct message *m)
{
	struct slice sa = body(m, IKE_PL_SA);
	struct ike_proposal p;
	uint64_t spi = 0;

	assert_true(ike_proposal_next(&sa, &p));
	assert_true(rd_u64(&p.spi, &spi) && !p.spi.len);
	return spi;
}

static struct both keys_of_rekeying(const struct ike_exchange_vector *v,
				    const struct both *old)
{
	const struct chosen chosen = chosen_ike(v);
	struct message i, r;
	struct secret shared;
	struct keys_input in = { .chosen = &chosen };
	struct both b = { .i = { .initiator = true } };

	read_opened(v->rekey_i, &old->r, &i);
	read_opened(v->rekey_r, &old->i, &r);
	shared = shared_of(v->x_rekey, &i, &r, v->ke);
	in.shared = slice_of(shared.octets, shared.len);
	in.ni = body(&i, IKE_PL_NONCE);
	in.nr = body(&r, IKE_PL_NONCE);
	in.spi_i = offered_spi(&i);
	in.spi_r = offered_spi(&r);
	assert_int_equal(keys_rekey(&old->r.keys, &in, &b.r.keys), 0);
	in.initiator = true;
	assert_int_equal(keys_rekey(&old->i.keys, &in, &b.i.keys), 0);
	return b;
}

static void rekeyed_ike_sa_is_strongswans_and_is_deleted(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		struct message i, r;
		struct both old = keys_of_init(v, &i, &r);
		struct both b = keys_of_rekeying(v, &old);
		struct ike_delete d;

		assert_octets(b.r.keys.sk_d, b.r.keys.prf->out_bytes,
			      v->sk_d_rekeyed);
		read_opened(v->delete_i, &b.r, &i);
		assert_true(ike_delete_parse(body(&i, IKE_PL_DELETE), &d));
		assert_int_equal(d.protocol, IKE_PROTO_IKE);
		read_opened(v->delete_r, &b.i, &r);
		assert_int_equal(r.p.n, 0);
		both_fini(&b);
		both_fini(&old);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_ike_sa_init_are_strongswans),
		cmocka_unit_test(both_authenticate_with_the_key_and_no_other),
		cmocka_unit_test(keys_of_both_children_are_strongswans),
		cmocka_unit_test(rekeyed_ike_sa_is_strongswans_and_is_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
