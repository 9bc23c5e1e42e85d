// SPDX-License-Identifier: BSD-2-Clause
/*
 * Proposals as text: what is read, what is refused and why. What strongSwan
 * 5.9.8 makes of the same texts was compared with its proposal_t, printed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/proposal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define IKE IKE_PROTO_IKE
#define ESP IKE_PROTO_ESP
#define AH  IKE_PROTO_AH

#define AEADS                                                      \
	"aes128gcm16, aes192gcm16, aes256gcm16 (also with gcm12, " \
	"gcm8, ccm16, ccm12, ccm8), chacha20poly1305"
#define CIPHERS "aes128, aes192, aes256 (also with ctr)"
#define INTEGS	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac"
#define PRFS	"prfsha256, prfsha384, prfsha512, prfsha1, prfaesxcbc, prfaescmac"
#define KES                                                                  \
	"curve25519, curve448, ecp256, ecp384, ecp521, ecp224bp, ecp256bp, " \
	"ecp384bp, ecp512bp, modp2048, modp3072, modp4096, modp6144, modp8192"
#define WEAK                                                              \
	"md5, md5_128, 3des, modp768, modp1024, modp1536, modp1024s160, " \
	"modp2048s224, modp2048s256"

#define ADDKES	  "ke1_ to ke7_ with one of these or none"
#define KNOWN	  "; known are " AEADS ", " CIPHERS ", " INTEGS ", "
#define KNOWN_IKE KNOWN PRFS ", " KES ", " ADDKES ", and the weak prfmd5, " WEAK
#define KNOWN_ESP                                                      \
	KNOWN KES ", none, " ADDKES                                    \
		  ", esn, noesn, aes128gmac, aes192gmac, aes256gmac, " \
		  "null, and the weak des, " WEAK

#define TEN(text) text text text text text text text text text text

static struct proposal parsed(const char *text, enum ike_protocol protocol)
{
	struct proposal p;
	struct error e;

	if (proposal_parse(text, protocol, &p, &e))
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(p.protocol, protocol);
	return p;
}

static void assert_reads_as(enum ike_protocol protocol, const char *text,
			    const char *wanted)
{
	struct proposal p = parsed(text, protocol);
	char buf[PROPOSAL_STR_MAX];

	assert_ptr_equal(proposal_str(&p, buf), buf);
	if (strcmp(buf, wanted) != 0)
		fail_msg("'%s' reads as '%s', not '%s'", text, buf, wanted);
}

static void assert_refused(enum ike_protocol protocol, const char *text,
			   const char *wanted)
{
	struct proposal p = { .n_ke = 77 };
	struct error e;
	int err = proposal_parse(text, protocol, &p, &e);

	if (err != -EINVAL)
		fail_msg("'%s' gives %d", text, err);
	if (strcmp(e.text, wanted) != 0)
		fail_msg("'%s' is refused by '%s', not '%s'", text, e.text,
			 wanted);
	assert_int_equal(p.n_ke, 77);
}

/* --- read */

static const struct {
	enum ike_protocol protocol;
	const char *text;
	const char *wanted; /* by proposal_str() */
} read_rows[] = {
	/* an IKE proposal has the PRFs of its integrity algorithms */
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256-prfsha256-ecp256" },
	{ IKE, "aes128-sha1-ecp256", "aes128-sha1-prfsha1-ecp256" },
	{ IKE, "aes128-sha384-ecp256", "aes128-sha384-prfsha384-ecp256" },
	{ IKE, "aes128-sha512-sha256-ecp256",
	  "aes128-sha512-sha256-prfsha512-prfsha256-ecp256" },
	{ IKE, "aes128-aesxcbc-ecp256", "aes128-aesxcbc-prfaesxcbc-ecp256" },
	{ IKE, "aes128-aescmac-ecp256", "aes128-aescmac-prfaescmac-ecp256" },
	{ IKE, "3des-md5-modp1024", "3des-md5-prfmd5-modp1024" },
	{ IKE, "3des-md5_128-sha1_160-modp1024",
	  "3des-md5_128-sha1_160-prfmd5-prfsha1-modp1024" },
	/* unless it names one */
	{ IKE, "aes128-sha256-prfsha384-ecp256",
	  "aes128-sha256-prfsha384-ecp256" },
	/* beside an AEAD they serve for that alone */
	{ IKE, "aes128gcm16-prfsha256-ecp256", "aes128gcm16-prfsha256-ecp256" },
	{ IKE, "aes128gcm16-sha384-ecp256", "aes128gcm16-prfsha384-ecp256" },
	{ IKE, "aes128gcm16-sha384-prfsha512-ecp256",
	  "aes128gcm16-prfsha512-ecp256" },
	{ ESP, "aes128gcm16-sha256", "aes128gcm16" },
	/* in any order, and a type's own order is kept */
	{ IKE, "ecp256-sha256-aes128", "aes128-sha256-prfsha256-ecp256" },
	{ IKE, "aes256-aes128-sha256-modp2048-curve25519",
	  "aes256-aes128-sha256-prfsha256-modp2048-curve25519" },
	{ IKE, "aes128-ecp384-aes256-ecp256-sha256",
	  "aes128-aes256-sha256-prfsha256-ecp384-ecp256" },
	/* aliases, and the same thing twice */
	{ IKE, "aes-sha-x25519", "aes128-sha1-prfsha1-curve25519" },
	{ IKE, "aes-sha-x448", "aes128-sha1-prfsha1-curve448" },
	{ IKE, "aes128-aes-aes128-sha2_256-sha256-x25519-curve25519",
	  "aes128-sha256-prfsha256-curve25519" },
	{ IKE, "aes128gcm16-prfsha256-prfsha256-ecp256",
	  "aes128gcm16-prfsha256-ecp256" },
	{ ESP, "aes256gcm128", "aes256gcm16" },
	{ ESP, "aes256gcm", "aes256gcm16" },
	/* "none" is of no use in IKE, PRFs are of none in ESP */
	{ IKE, "aes128-sha256-ecp256-none", "aes128-sha256-prfsha256-ecp256" },
	{ ESP, "aes128-sha256-prfsha256", "aes128-sha256" },
	/* PFS: no, yes, either */
	{ ESP, "aes128-sha256", "aes128-sha256" },
	{ ESP, "aes128-sha256-none", "aes128-sha256" },
	{ ESP, "aes128-sha256-modpnone", "aes128-sha256" },
	{ ESP, "aes128-sha256-ecp256", "aes128-sha256-ecp256" },
	{ ESP, "aes128-sha256-none-ecp256", "aes128-sha256-ecp256-none" },
	/* sequence numbers: short, long, either */
	{ ESP, "aes128-sha256-noesn", "aes128-sha256" },
	{ ESP, "aes128-sha256-esn", "aes128-sha256-esn" },
	{ ESP, "aes128-sha256-noesn-esn", "aes128-sha256-esn-noesn" },
	{ ESP, "chacha20poly1305-ecp384-none-esn-noesn",
	  "chacha20poly1305-ecp384-none-esn-noesn" },
	/* AH has no cipher, and GMAC is no cipher there */
	{ AH, "sha256", "sha256" },
	{ AH, "sha512-sha256-ecp256-none-esn", "sha512-sha256-ecp256-none-esn" },
	{ AH, "aes128gmac-sha256", "aes128gmac-sha256" },
	/* blanks around keywords and empty keywords don't count */
	{ ESP, " aes128 -  sha256 ", "aes128-sha256" },
	{ ESP, "-aes128--sha256-", "aes128-sha256" },
};

static void keywords_are_read_as_strongswan_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_rows); i++)
		assert_reads_as(read_rows[i].protocol, read_rows[i].text,
				read_rows[i].wanted);
}

static void what_is_written_reads_back_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_rows); i++)
		assert_reads_as(read_rows[i].protocol, read_rows[i].wanted,
				read_rows[i].wanted);
}

static void keyword_leads_to_the_entry_of_its_table(void **state)
{
	struct proposal p = parsed("aes256-sha384-prfsha512-ecp384", IKE);

	(void)state;
	assert_int_equal(p.n_encr, 1);
	assert_ptr_equal(p.encr[0], encr_by_id(ENCR_AES_CBC, 256));
	assert_int_equal(p.n_integ, 1);
	assert_ptr_equal(p.integ[0], integ_by_id(INTEG_HMAC_SHA2_384_192));
	assert_int_equal(p.n_prf, 1);
	assert_ptr_equal(p.prf[0], prf_by_id(PRF_HMAC_SHA2_512));
	assert_int_equal(p.n_ke, 1);
	assert_ptr_equal(p.ke[0], ke_by_id(KE_ECP_384));
}

static void esp_without_a_word_has_neither_pfs_nor_esn(void **state)
{
	struct proposal p = parsed("aes128gcm16", ESP);

	(void)state;
	assert_int_equal(p.n_encr, 1);
	assert_int_equal(p.n_integ, 0);
	assert_int_equal(p.n_prf, 0);
	assert_int_equal(p.n_ke, 0);
	assert_true(p.no_ke);
	assert_false(p.esn);
	assert_true(p.no_esn);
}

static void esp_with_a_method_demands_pfs_unless_none_is_there(void **state)
{
	(void)state;
	assert_false(parsed("aes128gcm16-ecp256", ESP).no_ke);
	assert_true(parsed("aes128gcm16-ecp256-none", ESP).no_ke);
	assert_true(parsed("aes128gcm16-ecp256-modpnone", ESP).no_ke);
}

static void esn_alone_excludes_short_sequence_numbers(void **state)
{
	struct proposal p = parsed("aes128gcm16-esn", ESP);

	(void)state;
	assert_true(p.esn);
	assert_false(p.no_esn);
}

static void ike_has_no_sequence_numbers_and_always_a_method(void **state)
{
	struct proposal p = parsed("aes128-sha256-ecp256-none", IKE);

	(void)state;
	assert_int_equal(p.n_ke, 1);
	assert_false(p.no_ke);
	assert_false(p.esn);
	assert_false(p.no_esn);
}

/* --- refused; beside each row the one that it was made from */

static const struct {
	enum ike_protocol protocol;
	const char *good;
	const char *text;
	const char *wanted;
} refused_rows[] = {
	/* unknown keywords */
	{ IKE, "aes128-sha256-ecp256", "aes129-sha256-ecp256",
	  "unknown algorithm 'aes129' in proposal "
	  "'aes129-sha256-ecp256'" KNOWN_IKE },
	{ IKE, "aes128-sha256-ecp256", "AES128-sha256-ecp256",
	  "unknown algorithm 'AES128' in proposal "
	  "'AES128-sha256-ecp256'" KNOWN_IKE },
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256-ecp192",
	  "unknown algorithm 'ecp192' in proposal "
	  "'aes128-sha256-ecp192'" KNOWN_IKE },
	{ ESP, "aes128-sha256", "aes129-sha256",
	  "unknown algorithm 'aes129' in proposal 'aes129-sha256'" KNOWN_ESP },
	/* the first one, when there are more */
	{ ESP, "aes128-sha256", "aes129-sha257",
	  "unknown algorithm 'aes129'" KNOWN_ESP },
	{ ESP, "aes128gcm16", "aes129gcm16",
	  "unknown algorithm 'aes129gcm16'" KNOWN_ESP },
	{ ESP, "aes128-sha256", "aes128 sha256",
	  "unknown algorithm of 13 octets" KNOWN_ESP },
	/* nothing of what may be a key, or harm a terminal */
	{ ESP, "aes128-sha256", "aes128-0sAAECAwQFBgcICQoLDA0O",
	  "unknown algorithm of 22 octets" KNOWN_ESP },
	{ ESP, "aes128-sha256", "aes128-\x1b[31m",
	  "unknown algorithm of 5 octets" KNOWN_ESP },
	{ ESP, "aes128-sha256", "aes128-sha\xc3\xa9",
	  "unknown algorithm of 5 octets" KNOWN_ESP },
	/* nothing at all */
	{ IKE, "aes128-sha256-ecp256", "",
	  "a proposal without algorithms; write such as "
	  "aes256gcm16-prfsha384-ecp384, or default" },
	{ ESP, "aes128-sha256", " - ",
	  "a proposal without algorithms; write such as "
	  "aes256gcm16-ecp384, or default" },
	/* ciphers */
	{ IKE, "aes128-sha256-ecp256", "sha256-ecp256",
	  "no cipher in proposal 'sha256-ecp256'; add one of " AEADS
	  ", " CIPHERS },
	{ ESP, "aes128-sha256", "sha256",
	  "no cipher in proposal 'sha256'; add one of " AEADS ", " CIPHERS },
	{ ESP, "aes128-sha256", "aes128-sha256-aes256gcm16",
	  "aes128 and aes256gcm16 can't be alternatives in proposal "
	  "'aes128-sha256-aes256gcm16': the first needs an integrity "
	  "algorithm, the second must not have one; write two proposals" },
	{ IKE, "aes128gcm16-prfsha256-ecp256",
	  "aes128gcm16-aes256-prfsha256-ecp256",
	  "aes256 and aes128gcm16 can't be alternatives in proposal "
	  "'aes128gcm16-aes256-prfsha256-ecp256': the first needs an "
	  "integrity algorithm, the second must not have one; write two "
	  "proposals" },
	/* integrity */
	{ ESP, "null-sha256", "null",
	  "null has no integrity algorithm in proposal 'null'; add one of " INTEGS },
	{ ESP, "aes128", "aes128-null",
	  "null has no integrity algorithm in proposal 'aes128-null'; add "
	  "one of " INTEGS },
	{ ESP, "aes128ctr-sha256", "aes128ctr-prfsha256",
	  "aes128ctr has no integrity algorithm in proposal "
	  "'aes128ctr-prfsha256'; add one of " INTEGS },
	{ IKE, "aes128-sha256-ecp256", "aes128-ecp256-prfsha256",
	  "aes128 has no integrity algorithm in proposal "
	  "'aes128-ecp256-prfsha256'; add one of " INTEGS },
	/* what is ESP's alone */
	{ IKE, "aes128-sha256-ecp256", "null-sha256-ecp256",
	  "null in proposal 'null-sha256-ecp256': it may protect ESP, but not "
	  "IKE; remove it" },
	{ IKE, "aes128-3des-sha256-ecp256", "aes128-des-sha256-ecp256",
	  "des in proposal 'aes128-des-sha256-ecp256': it may protect ESP, "
	  "but not IKE; remove it" },
	{ IKE, "aes128gcm16-prfsha256-ecp256", "aes128gmac-prfsha256-ecp256",
	  "aes128gmac in proposal 'aes128gmac-prfsha256-ecp256': it may "
	  "protect ESP, but not IKE; remove it" },
	{ IKE, "aes128-sha256-prfsha256-ecp256", "aes128-prfsha256-ecp256",
	  "aes128 has no integrity algorithm in proposal "
	  "'aes128-prfsha256-ecp256'; add one of " INTEGS },
	/* PRF */
	{ IKE, "aes128gcm16-prfsha256-ecp256", "aes128gcm16-ecp256",
	  "no PRF in proposal 'aes128gcm16-ecp256', and aes128gcm16 has no "
	  "integrity algorithm to take it from; add one of " PRFS },
	/* key exchange */
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256",
	  "no key exchange method in proposal 'aes128-sha256'; add one "
	  "of " KES },
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256-none",
	  "no key exchange method in proposal 'aes128-sha256-none'; add one "
	  "of " KES },
	/* sequence numbers */
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256-ecp256-esn",
	  "'esn' in proposal 'aes128-sha256-ecp256-esn': sequence numbers "
	  "belong to ESP, not to IKE; remove it" },
	{ IKE, "aes128-sha256-ecp256", "aes128-sha256-ecp256-noesn",
	  "'noesn' in proposal 'aes128-sha256-ecp256-noesn': sequence "
	  "numbers belong to ESP, not to IKE; remove it" },
};

static void fault_is_refused_with_its_name_and_what_is_possible(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused_rows); i++) {
		parsed(refused_rows[i].good, refused_rows[i].protocol);
		assert_refused(refused_rows[i].protocol, refused_rows[i].text,
			       refused_rows[i].wanted);
	}
}

#define KNOWN_AH                                                           \
	"; known are " INTEGS ", aes128gmac, aes192gmac, aes256gmac, " KES \
	", none, " ADDKES                                                  \
	", esn, noesn, and the weak md5, md5_128, modp768, modp1024, "     \
	"modp1536, modp1024s160, modp2048s224, modp2048s256"

static void proposal_of_ah_is_refused_with_what_ah_has(void **state)
{
	(void)state;
	assert_refused(AH, "aes128-sha256",
		       "aes128 in proposal 'aes128-sha256': AH has no cipher; "
		       "remove it, or write esp_proposals");
	assert_refused(AH, "ecp256",
		       "no integrity algorithm in proposal 'ecp256'; add one "
		       "of " INTEGS);
	assert_refused(AH, "sha3", "unknown algorithm 'sha3'" KNOWN_AH);
	assert_refused(AH, "",
		       "a proposal without algorithms; write such as "
		       "sha256-ecp256, or default");
}

static void long_proposal_is_not_quoted(void **state)
{
	(void)state;
	parsed("aes128ctr-sha256" TEN("-aes128ctr-sha256"), ESP);
	assert_refused(ESP, "aes128ctr" TEN("-aes128ctr-aes128"),
		       "aes128ctr has no integrity algorithm in a long proposal; "
		       "add one of " INTEGS);
	assert_refused(ESP, "aes128-sha257" TEN("-aes128-sha256"),
		       "unknown algorithm 'sha257' in a long "
		       "proposal" KNOWN_ESP);
}

static void keyword_is_quoted_up_to_nineteen_octets(void **state)
{
	(void)state;
	assert_refused(ESP, "aes128-1234567890123456789",
		       "unknown algorithm '1234567890123456789' in proposal "
		       "'aes128-1234567890123456789'" KNOWN_ESP);
	assert_refused(ESP, "aes128-12345678901234567890",
		       "unknown algorithm of 20 octets" KNOWN_ESP);
}

/* --- tables */

/* Modes of AES stand there once for its three keys. */
static const char *written_as(const char *name)
{
	const size_t key = strlen("aes128");

	return strncmp(name, "aes", 3) == 0 && strlen(name) > key &&
			       !strstr(name, "gmac") &&
			       !strstr(name, "gcm16") && !strchr("xc", name[3])
		       ? name + key
		       : name;
}

/* Each algorithm that ctrl/crypto has is in the errors, and is a keyword. */
static void assert_known(const char *name)
{
	static const char ends[] = ",) ;";
	const char *all = KNOWN_ESP ", " KNOWN_IKE ";";
	const char *wanted = written_as(name), *at = all;
	bool found = false;

	while (!found && (at = strstr(at, wanted))) {
		found = at[-1] == ' ' && strchr(ends, at[strlen(wanted)]);
		at++;
	}
	if (!found)
		fail_msg("%s is missing among what is known", name);
}

static void errors_list_every_algorithm_that_there_is(void **state)
{
	static const uint16_t sizes[] = { 0, 128, 192, 256 };

	(void)state;
	for (uint16_t id = 1; id < 1100; id++) {
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			if (encr_by_id(id, sizes[i]))
				assert_known(encr_by_id(id, sizes[i])->name);
		if (integ_by_id(id))
			assert_known(integ_by_id(id)->name);
		if (prf_by_id(id))
			assert_known(prf_by_id(id)->name);
		if (ke_by_id(id))
			assert_known(ke_by_id(id)->name);
	}
}

/* Eight of the ciphers, of the rest all that may be used; weak ones are added by
 * hand, if at all. */
#define MANY_KES                                                      \
	"curve25519-curve448-ecp256-ecp384-ecp521-ecp224bp-ecp256bp-" \
	"ecp384bp-ecp512bp-modp2048-modp3072-modp4096-modp6144-modp8192"

static void every_algorithm_of_a_list_can_be_alternatives(void **state)
{
	static const char ike[] =
		"aes128gcm16-aes192gcm16-aes256gcm16-aes128gcm8-aes128ccm16-"
		"aes192ccm12-aes256ccm8-chacha20poly1305-prfsha256-prfsha384-"
		"prfsha512-prfsha1-prfaesxcbc-prfaescmac-" MANY_KES;
	static const char esp[] =
		"aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-null-"
		"sha256-sha384-sha512-sha1-sha1_160-aesxcbc-aescmac-" MANY_KES
		"-none-esn-noesn";

	(void)state;
	assert_reads_as(IKE, ike, ike);
	assert_reads_as(ESP, esp, esp);
}

static void more_of_one_type_than_there_is_room_for_are_refused(void **state)
{
	static const char wanted[] =
		"more than 8 algorithms of one type, or 16 key exchange "
		"methods, or 4 of an additional one, in a proposal; remove some";

	(void)state;
	assert_refused(ESP,
		       "aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-"
		       "null-3des-des-sha256",
		       wanted);
	parsed("aes128-sha256-" MANY_KES "-modp1536-modp1024", IKE);
	assert_refused(IKE,
		       "aes128-sha256-" MANY_KES "-modp1536-modp1024-modp768",
		       wanted);
}

/* --- defaults */

#define IKE_BESIDE                                                        \
	"-prfsha256-prfsha384-prfsha512-curve25519-ecp256-ecp384-ecp521-" \
	"curve448-modp3072-modp4096-modp2048"

static const struct {
	enum ike_protocol protocol;
	const char *wanted[2];
} default_rows[] = {
	{ IKE,
	  { "aes128gcm16-aes256gcm16-chacha20poly1305" IKE_BESIDE,
	    "aes128-aes192-aes256-sha256-sha384-sha512" IKE_BESIDE } },
	{ ESP,
	  { "aes128gcm16-aes192gcm16-aes256gcm16-chacha20poly1305",
	    "aes128-aes192-aes256-sha256-sha384-sha512" } },
	{ AH, { "sha256-sha384-sha512" } },
};

static void defaults_are_aeads_then_cbc_with_sha2(void **state)
{
	char buf[PROPOSAL_STR_MAX];
	struct proposals p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(default_rows); i++) {
		proposals_default(default_rows[i].protocol, &p);
		assert_int_equal(p.n, default_rows[i].wanted[1] ? 2 : 1);
		for (size_t k = 0; k < p.n; k++) {
			assert_int_equal(p.at[k].protocol,
					 default_rows[i].protocol);
			assert_string_equal(proposal_str(&p.at[k], buf),
					    default_rows[i].wanted[k]);
		}
	}
}

static void esp_default_is_without_pfs_and_with_short_numbers(void **state)
{
	struct proposals p;

	(void)state;
	proposals_default(ESP, &p);
	for (size_t i = 0; i < p.n; i++) {
		assert_int_equal(p.at[i].n_ke, 0);
		assert_true(p.at[i].no_ke);
		assert_false(p.at[i].esn);
		assert_true(p.at[i].no_esn);
	}
}

/* --- written */

static void proposal_of_nothing_is_the_empty_text(void **state)
{
	struct proposal p = { .protocol = ESP };
	char buf[PROPOSAL_STR_MAX] = "x";

	(void)state;
	assert_string_equal(proposal_str(&p, buf), "");
}

static void longest_proposal_that_there_can_be_fits(void **state)
{
	struct proposal p = parsed("aes128-sha256-prfsha256-curve25519", IKE);
	struct {
		char buf[PROPOSAL_STR_MAX];
		char behind;
	} s = { .behind = '!' };

	(void)state;
	for (size_t i = 0; i < PROPOSAL_ALGS_MAX; i++) {
		p.encr[i] = encr_by_name("chacha20poly1305");
		p.integ[i] = integ_by_name("sha1_160");
		p.prf[i] = prf_by_name("prfaesxcbc");
	}
	for (size_t i = 0; i < PROPOSAL_KES_MAX; i++)
		p.ke[i] = ke_by_name("modp2048s256");
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		for (p.addkes.n[i] = 0; p.addkes.n[i] < ADDKE_MAX;)
			p.addkes.at[i][p.addkes.n[i]++] = KE_MODP_2048_256;
	p.n_encr = p.n_integ = p.n_prf = PROPOSAL_ALGS_MAX;
	p.n_ke = PROPOSAL_KES_MAX;
	p.no_ke = p.esn = p.no_esn = true;
	proposal_str(&p, s.buf);
	assert_in_range(strlen(s.buf), PROPOSAL_STR_MAX - 100,
			PROPOSAL_STR_MAX - 2);
	assert_int_equal(s.behind, '!');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_are_read_as_strongswan_reads_them),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(keyword_leads_to_the_entry_of_its_table),
		cmocka_unit_test(esp_without_a_word_has_neither_pfs_nor_esn),
		cmocka_unit_test(
			esp_with_a_method_demands_pfs_unless_none_is_there),
		cmocka_unit_test(esn_alone_excludes_short_sequence_numbers),
		cmocka_unit_test(ike_has_no_sequence_numbers_and_always_a_method),
		cmocka_unit_test(
			fault_is_refused_with_its_name_and_what_is_possible),
		cmocka_unit_test(proposal_of_ah_is_refused_with_what_ah_has),
		cmocka_unit_test(long_proposal_is_not_quoted),
		cmocka_unit_test(keyword_is_quoted_up_to_nineteen_octets),
		cmocka_unit_test(errors_list_every_algorithm_that_there_is),
		cmocka_unit_test(every_algorithm_of_a_list_can_be_alternatives),
		cmocka_unit_test(
			more_of_one_type_than_there_is_room_for_are_refused),
		cmocka_unit_test(defaults_are_aeads_then_cbc_with_sha2),
		cmocka_unit_test(
			esp_default_is_without_pfs_and_with_short_numbers),
		cmocka_unit_test(proposal_of_nothing_is_the_empty_text),
		cmocka_unit_test(longest_proposal_that_there_can_be_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
