// SPDX-License-Identifier: BSD-2-Clause
/*
 * What RFC 4305, RFC 4835 and RFC 8221 say of each algorithm of ESP and AH, and RFC
 * 4307 and RFC 8247 of IKE's, and what becomes of it here, as a table that is
 * printed. What one of them demands is there
 * without a word in the configuration, or it is refused with the reason of a newer
 * RFC; what is forbidden today is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/crypto.h"
#include "ctrl/model/proposal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum about {
	ESP_ENCR,
	ESP_INTEG,
	AH_INTEG,
	IKE_ENCR,
	IKE_PRF,
	IKE_INTEG,
	IKE_KE,
};

static const char *const abouts[] = { "ESP encryption", "ESP integrity",
				      "AH integrity",	"IKE encryption",
				      "IKE PRF",	"IKE integrity",
				      "IKE key exch." };

/* RFC 4305 section 3, RFC 4835 section 3, RFC 8221 sections 5 and 6; RFC 4307
 * section 3.1, RFC 8247 sections 2.1 to 2.4. */
static const struct row {
	unsigned int rfc;
	enum about about;
	const char *level;
	const char *name; /* keyword; NULL: no integrity */
} rows[] = {
	{ 4305, ESP_ENCR, "MUST", "null" },
	{ 4305, ESP_ENCR, "MUST-", "3des" },
	{ 4305, ESP_ENCR, "SHOULD+", "aes128" },
	{ 4305, ESP_ENCR, "SHOULD", "aes128ctr" },
	{ 4305, ESP_ENCR, "SHOULD NOT", "des" },
	{ 4305, ESP_INTEG, "MUST", "sha1" },
	{ 4305, ESP_INTEG, "MUST", NULL },
	{ 4305, ESP_INTEG, "SHOULD+", "aesxcbc" },
	{ 4305, ESP_INTEG, "MAY", "md5" },
	{ 4305, AH_INTEG, "MUST", "sha1" },
	{ 4305, AH_INTEG, "SHOULD+", "aesxcbc" },
	{ 4305, AH_INTEG, "MAY", "md5" },
	{ 4835, ESP_ENCR, "MUST", "null" },
	{ 4835, ESP_ENCR, "MUST", "aes128" },
	{ 4835, ESP_ENCR, "MUST-", "3des" },
	{ 4835, ESP_ENCR, "SHOULD", "aes128ctr" },
	{ 4835, ESP_ENCR, "SHOULD NOT", "des" },
	{ 4835, ESP_INTEG, "MUST", "sha1" },
	{ 4835, ESP_INTEG, "SHOULD+", "aesxcbc" },
	{ 4835, ESP_INTEG, "MAY", NULL },
	{ 4835, ESP_INTEG, "MAY", "md5" },
	{ 4835, AH_INTEG, "MUST", "sha1" },
	{ 4835, AH_INTEG, "SHOULD+", "aesxcbc" },
	{ 4835, AH_INTEG, "MAY", "md5" },
	{ 8221, ESP_ENCR, "MUST NOT", "des" },
	{ 8221, ESP_ENCR, "SHOULD NOT", "3des" },
	{ 8221, ESP_ENCR, "MUST", "null" },
	{ 8221, ESP_ENCR, "MUST", "aes128" },
	{ 8221, ESP_ENCR, "MUST", "aes256" },
	{ 8221, ESP_ENCR, "SHOULD", "aes128ccm8" },
	{ 8221, ESP_ENCR, "SHOULD", "aes256ccm8" },
	{ 8221, ESP_ENCR, "MUST", "aes128gcm16" },
	{ 8221, ESP_ENCR, "MUST", "aes256gcm16" },
	{ 8221, ESP_ENCR, "SHOULD", "chacha20poly1305" },
	{ 8221, ESP_INTEG, "MUST NOT", NULL },
	{ 8221, ESP_INTEG, "MUST NOT", "md5" },
	{ 8221, ESP_INTEG, "MUST-", "sha1" },
	{ 8221, ESP_INTEG, "SHOULD", "aesxcbc" },
	{ 8221, ESP_INTEG, "MUST", "sha256" },
	{ 8221, ESP_INTEG, "SHOULD", "sha512" },
	{ 8221, AH_INTEG, "MUST NOT", "md5" },
	{ 8221, AH_INTEG, "MUST-", "sha1" },
	{ 8221, AH_INTEG, "SHOULD", "aesxcbc" },
	{ 8221, AH_INTEG, "MAY", "aes128gmac" },
	{ 8221, AH_INTEG, "MAY", "aes256gmac" },
	{ 8221, AH_INTEG, "MUST", "sha256" },
	{ 8221, AH_INTEG, "SHOULD", "sha512" },
	{ 4307, IKE_ENCR, "MUST-", "3des" },
	{ 4307, IKE_ENCR, "SHOULD+", "aes128" },
	{ 4307, IKE_ENCR, "SHOULD", "aes128ctr" },
	{ 4307, IKE_PRF, "MAY", "prfmd5" },
	{ 4307, IKE_PRF, "MUST", "prfsha1" },
	{ 4307, IKE_PRF, "SHOULD+", "prfaesxcbc" },
	{ 4307, IKE_INTEG, "MAY", "md5" },
	{ 4307, IKE_INTEG, "MUST", "sha1" },
	{ 4307, IKE_INTEG, "SHOULD+", "aesxcbc" },
	{ 4307, IKE_KE, "MUST-", "modp1024" },
	{ 4307, IKE_KE, "SHOULD+", "modp2048" },
	{ 8247, IKE_ENCR, "MUST", "aes128" },
	{ 8247, IKE_ENCR, "MAY", "aes192" },
	{ 8247, IKE_ENCR, "MUST", "aes256" },
	{ 8247, IKE_ENCR, "SHOULD", "chacha20poly1305" },
	{ 8247, IKE_ENCR, "SHOULD", "aes128gcm16" },
	{ 8247, IKE_ENCR, "SHOULD", "aes256gcm16" },
	{ 8247, IKE_ENCR, "SHOULD", "aes128ccm8" },
	{ 8247, IKE_ENCR, "SHOULD", "aes256ccm8" },
	{ 8247, IKE_ENCR, "MAY", "3des" },
	{ 8247, IKE_ENCR, "MUST NOT", "des" },
	{ 8247, IKE_PRF, "MUST", "prfsha256" },
	{ 8247, IKE_PRF, "SHOULD+", "prfsha512" },
	{ 8247, IKE_PRF, "MUST-", "prfsha1" },
	{ 8247, IKE_PRF, "SHOULD", "prfaesxcbc" },
	{ 8247, IKE_PRF, "MUST NOT", "prfmd5" },
	{ 8247, IKE_INTEG, "MUST", "sha256" },
	{ 8247, IKE_INTEG, "SHOULD", "sha512" },
	{ 8247, IKE_INTEG, "MUST-", "sha1" },
	{ 8247, IKE_INTEG, "SHOULD", "aesxcbc" },
	{ 8247, IKE_INTEG, "MUST NOT", "md5" },
	{ 8247, IKE_KE, "MUST", "modp2048" },
	{ 8247, IKE_KE, "SHOULD", "ecp256" },
	{ 8247, IKE_KE, "SHOULD NOT", "modp1536" },
	{ 8247, IKE_KE, "SHOULD NOT", "modp1024" },
	{ 8247, IKE_KE, "MUST NOT", "modp768" },
	{ 8247, IKE_KE, "MUST NOT", "modp1024s160" },
	{ 8247, IKE_KE, "SHOULD NOT", "modp2048s224" },
	{ 8247, IKE_KE, "SHOULD NOT", "modp2048s256" },
};

static bool is_ike(const struct row *r)
{
	return r->about >= IKE_ENCR;
}

/* As it would be asked for, beside what nothing is wrong with. */
static void write_proposal(const struct row *r, char text[64])
{
	const char *encr = "aes256", *integ = "sha256", *prf = "prfsha256";
	const char *ke = "ecp256";

	if (r->about == ESP_ENCR || r->about == IKE_ENCR)
		encr = r->name;
	if (r->about == ESP_INTEG || r->about == IKE_INTEG)
		integ = r->name;
	if (r->about == IKE_PRF)
		prf = r->name;
	if (r->about == IKE_KE)
		ke = r->name;
	assert_non_null(encr_by_name(encr));
	/* Beside an AEAD it is left out. */
	snprintf(text, 64, "%s-%s", encr, integ ? integ : "");
	if (is_ike(r))
		snprintf(text + strlen(text), 64 - strlen(text), "-%s-%s", prf,
			 ke);
}

/* Why it is refused where the configuration says nothing of it; NULL: it is not. */
static const char *refusal(const struct row *r)
{
	struct proposals p = { .n = 1 };
	const struct integ_alg *integ;
	const char *name;
	struct error e;
	char text[64];

	if (r->about == AH_INTEG) {
		integ = integ_by_name(r->name);
		assert_non_null(integ);
		assert_true(crypto_openssl.has(encr_by_name("null"), integ));
		return integ->weak;
	}
	if (r->about == IKE_ENCR && encr_by_name(r->name)->not_ike)
		return encr_by_name(r->name)->weak;
	write_proposal(r, text);
	if (proposal_parse(text, is_ike(r) ? IKE_PROTO_IKE : IKE_PROTO_ESP,
			   &p.at[0], &e))
		fail_msg("%s: %s", text, e.text);
	return proposals_weakness(&p, &name);
}

/* What may be done need not. */
static void assert_row(const struct row *r, const char *why)
{
	const bool forbidden = strstr(r->level, "NOT") != NULL;
	const bool newest = r->rfc == 8221 || r->rfc == 8247;
	unsigned int rfc = 0;

	if (why && sscanf(why, "RFC %u", &rfc) != 1)
		fail_msg("%s: no RFC in \"%s\"", r->name, why);
	if (newest && strcmp(r->level, "MAY") != 0)
		assert_true(forbidden == (why != NULL));
	else if (why && !newest)
		assert_true(rfc > r->rfc);
	if (forbidden)
		assert_non_null(why);
}

static void what_is_demanded_is_there_or_forbidden_by_a_newer_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		const char *why = refusal(r);

		print_message("RFC %u %-14s %-10s %-16s %s%s\n", r->rfc,
			      abouts[r->about], r->level,
			      r->name ? r->name : "(none)",
			      why ? "refused: " : "on", why ? why : "");
		assert_row(r, why);
	}
}

/* All that a default may choose is what RFC 8221 has for today. */
static void defaults_are_not_weak(void **state)
{
	struct proposals p;
	const char *name;

	(void)state;
	proposals_default(IKE_PROTO_ESP, &p);
	assert_null(proposals_weakness(&p, &name));
	proposals_default(IKE_PROTO_IKE, &p);
	assert_null(proposals_weakness(&p, &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_demanded_is_there_or_forbidden_by_a_newer_rfc),
		cmocka_unit_test(defaults_are_not_weak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
