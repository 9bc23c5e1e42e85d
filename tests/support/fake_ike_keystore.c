// SPDX-License-Identifier: BSD-2-Clause
/* What a taken-over ike may ask of the keystore: a good question with one thing
 * changed. */
#include <errno.h>
#include <string.h>

#include "tests/support/fake_ike.h"

#define GUESSES 2000

struct keystore_request fake_psk_make(const struct fake *f)
{
	struct keystore_request q = {
		.op = KEYSTORE_PSK_MAKE,
		.prf = PRF_HMAC_SHA2_256,
		.message_len = 100,
		.nonce_len = 32,
		.id_len = 8,
		.auth_len = 32,
		.local = f->conn.local_id,
		.remote = f->conn.remote_id,
	};

	return q;
}

struct change {
	const char *name;
	void (*make)(struct keystore_request *q);
};

static void no_change(struct keystore_request *q)
{
	(void)q;
}

static void message_too_long(struct keystore_request *q)
{
	q->message_len = KEYSTORE_MESSAGE_MAX + 1;
}

static void message_empty(struct keystore_request *q)
{
	q->message_len = 0;
}

static void nonce_too_long(struct keystore_request *q)
{
	q->nonce_len = UINT16_MAX;
}

static void id_too_long(struct keystore_request *q)
{
	q->id_len = sizeof(q->id_body) + 1;
}

static void auth_too_long(struct keystore_request *q)
{
	q->auth_len = KEYSTORE_PRF_MAX + 1;
}

static void local_too_long(struct keystore_request *q)
{
	q->local.len = UINT16_MAX;
}

static void remote_too_long(struct keystore_request *q)
{
	q->remote.len = IKE_ID_MAX + 1;
}

static void unknown_op(struct keystore_request *q)
{
	q->op = KEYSTORE_SIGN + 1;
}

static void unknown_prf(struct keystore_request *q)
{
	q->prf = 3; /* HMAC-TIGER */
}

static void prf_beyond(struct keystore_request *q)
{
	q->prf = UINT16_MAX;
}

static void nobody(struct keystore_request *q)
{
	q->remote = (struct identity){ IKE_ID_FQDN, 6, "nobody" };
}

static void any_identity(struct keystore_request *q)
{
	q->remote = (struct identity){ .type = 0 };
}

static void wrong_auth(struct keystore_request *q)
{
	q->op = KEYSTORE_PSK_CHECK;
}

static void no_auth(struct keystore_request *q)
{
	q->op = KEYSTORE_PSK_CHECK;
	q->auth_len = 0;
}

/* As if there were such a key; all connections are by PSK. */
static void sign(struct keystore_request *q)
{
	q->op = KEYSTORE_SIGN;
	q->scheme = SIGN_ED25519;
	q->id_len = (uint16_t)(4 + q->local.len);
	memset(q->id_body, 0, 4);
	q->id_body[0] = q->local.type;
	memcpy(q->id_body + 4, q->local.octets, q->local.len);
}

static void sign_by_no_scheme(struct keystore_request *q)
{
	sign(q);
	q->scheme = UINT8_MAX;
}

static void sign_too_long(struct keystore_request *q)
{
	sign(q);
	q->int_auth_len = UINT16_MAX;
}

static const struct change changes[] = {
	{ "keystore good", no_change },
	{ "keystore message too long", message_too_long },
	{ "keystore message empty", message_empty },
	{ "keystore nonce too long", nonce_too_long },
	{ "keystore id too long", id_too_long },
	{ "keystore auth too long", auth_too_long },
	{ "keystore local too long", local_too_long },
	{ "keystore remote too long", remote_too_long },
	{ "keystore unknown op", unknown_op },
	{ "keystore unknown prf", unknown_prf },
	{ "keystore prf beyond", prf_beyond },
	{ "keystore identity without a key", nobody },
	{ "keystore any identity", any_identity },
	{ "keystore wrong auth", wrong_auth },
	{ "keystore no auth", no_auth },
	{ "keystore sign", sign },
	{ "keystore sign by no scheme", sign_by_no_scheme },
	{ "keystore sign too long", sign_too_long },
};

static void run_changes(struct fake *f, const char *name)
{
	(void)name;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct keystore_request q = fake_psk_make(f);
		struct keystore_answer a;

		changes[i].make(&q);
		fake_say_err(changes[i].name, fake_keystore_ask(f, &q, &a));
	}
}

/* What it made itself passes for the peer's: one key serves both. */
static void run_check(struct fake *f, const char *name)
{
	struct keystore_request q = fake_psk_make(f);
	struct keystore_answer a;

	if (!fake_keystore_ask(f, &q, &a)) {
		q.op = KEYSTORE_PSK_CHECK;
		q.auth_len = a.auth_len;
		memcpy(q.auth, a.auth, sizeof(q.auth));
		fake_keystore_ask(f, &q, &a);
	}
	fake_say_err(name, a.err);
}

static void run_guesses(struct fake *f, const char *name)
{
	for (uint32_t i = 0; i < GUESSES; i++) {
		struct keystore_request q = fake_psk_make(f);
		struct keystore_answer a;
		int err;

		q.op = KEYSTORE_PSK_CHECK;
		memcpy(q.auth, &i, sizeof(i));
		err = fake_keystore_ask(f, &q, &a);
		if (err != -EKEYREJECTED) {
			fake_say_err(name, err);
			return;
		}
	}
	fake_say(name, "all rejected");
}

const struct attempt fake_keystore[] = {
	{ "keystore", run_changes },
	{ "keystore-check", run_check },
	{ "keystore-guesses", run_guesses },
	{ NULL, NULL },
};
