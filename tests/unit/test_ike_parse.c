// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKEv2 messages parsed: what is accepted, what is refused, what is read. Every
 * chain of payloads lies in memory of its own size, so that the address
 * sanitizer sees what reads behind it.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ike.h"
#include "tests/support/hex.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	     2048U

struct chain {
	uint8_t *octets;
	size_t len;
	enum ike_parse result;
	struct ike_payloads p;
};

static uint8_t *copy_of(const void *octets, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, octets, len);
	return copy;
}

static void chain_parse(struct chain *c, const void *octets, size_t len,
			uint8_t first, enum ike_part part)
{
	c->octets = copy_of(octets, len);
	c->len = len;
	c->result = ike_payloads_parse(slice_of(c->octets, len), first, part,
				       &c->p);
}

static void chain_free(struct chain *c)
{
	free(c->octets);
}

/* The part of a message in which a payload may stand. */
static enum ike_part part_of(uint8_t type)
{
	return type == IKE_PL_SK || type == IKE_PL_SKF ? IKE_PART_CLEAR
						       : IKE_PART_PROTECTED;
}

/* One payload of this body. */
static void chain_of_body(struct chain *c, uint8_t type, const void *body,
			  size_t len)
{
	uint8_t octets[ROOM] = { 0, 0, (uint8_t)((len + 4) >> 8),
				 (uint8_t)(len + 4) };

	assert_true(len + 4 <= sizeof(octets));
	if (len)
		memcpy(octets + 4, body, len);
	chain_parse(c, octets, len + 4, type, part_of(type));
}

static void chain_of_hex(struct chain *c, uint8_t type, const char *body)
{
	uint8_t octets[ROOM];

	chain_of_body(c, type, octets, hex_decode(body, octets, sizeof(octets)));
	assert_int_equal(c->result, IKE_PARSE_OK);
}

static bool accepts(uint8_t type, const void *body, size_t len)
{
	struct chain c;

	chain_of_body(&c, type, body, len);
	chain_free(&c);
	assert_int_not_equal(c.result, IKE_PARSE_CRITICAL);
	return c.result == IKE_PARSE_OK;
}

static struct slice slice_of_hex(const char *hex, uint8_t *room)
{
	return slice_of(room, hex_decode(hex, room, ROOM));
}

static void assert_slice(struct slice s, const char *hex)
{
	uint8_t want[ROOM];

	assert_int_equal(s.len, hex_decode(hex, want, sizeof(want)));
	if (s.len)
		assert_memory_equal(s.ptr, want, s.len);
}

/* --- bodies: one right one of each kind */

/* clang-format off */
#define SA_BODY                                                               \
	"0200002801030403c0ffee01" /* ESP, three transforms */                \
	"0300000c0100000c800e0080" "030000080300000c" "0000000805000000"      \
	"0000002002030402c0ffee02" /* two */                                  \
	"0300000c01000014800e0100" "0000000805000000"
#define INIT_BODY   "0000001001010001" "0000000804000013" /* of IKE, no SPI */
#define REKEY_BODY  "0000001801010801" "0102030405060708" "0000000804000013"
#define KE_BODY	    "00130000" "a1a2a3a4"
#define FQDN_BODY   "02000000" "612e6578616d706c65"
#define IPV4_BODY   "01000000" "c0000201"
#define IPV6_BODY   "05000000" "20010db8000000000000000000000001"
#define CERT_BODY   "04" "3082"
#define AUTH_BODY   "02000000" "b1b2b3"
#define NONCE_BODY  "000102030405060708090a0b0c0d0e0f1011"
#define NOTIFY_BODY "03044009" "deadbeef" "ff"
#define IKE_D_BODY  "01000000"
#define ESP_D_BODY  "03040002" "00000101" "00000102"
#define TS_BODY                                                               \
	"02000000" "0706001000160019" "0a0100000a01ffff" "080000280000ffff"   \
	"fd000001000000000000000000000000" "fd00000100000000000000000000ffff"
#define ODD_TS_BODY "01000000" "0a000004" /* of an unknown type */
/* clang-format on */

#define NEVER SIZE_MAX

/*
 * Which shorter bodies are right ones too: those that end within the last field
 * where that is as long as it pleases, and a list cut between two items, if it
 * isn't counted.
 */
static const struct kind {
	uint8_t type;
	const char *body;
	size_t from, at;
} kinds[] = {
	/* clang-format off */
	{ IKE_PL_SA, SA_BODY, NEVER, 40 },
	{ IKE_PL_SA, INIT_BODY, NEVER, NEVER },
	{ IKE_PL_SA, REKEY_BODY, NEVER, NEVER },
	{ IKE_PL_SA, "0000000801010000", NEVER, NEVER }, /* no transform */
	{ IKE_PL_KE, KE_BODY, 4, NEVER },
	{ IKE_PL_ID_I, FQDN_BODY, 4, NEVER },
	{ IKE_PL_ID_I, IPV4_BODY, NEVER, NEVER },
	{ IKE_PL_ID_R, IPV6_BODY, NEVER, NEVER },
	{ IKE_PL_CERT, CERT_BODY, 1, NEVER },
	{ IKE_PL_CERTREQ, CERT_BODY, 1, NEVER },
	{ IKE_PL_AUTH, AUTH_BODY, 4, NEVER },
	{ IKE_PL_NONCE, NONCE_BODY, IKE_NONCE_MIN_BYTES, NEVER },
	{ IKE_PL_NOTIFY, NOTIFY_BODY, 8, NEVER },
	{ IKE_PL_DELETE, IKE_D_BODY, NEVER, NEVER },
	{ IKE_PL_DELETE, ESP_D_BODY, NEVER, NEVER },
	/* IKE's SPI, which should not be there; one of an unknown protocol */
	{ IKE_PL_DELETE, "01080001" "0102030405060708", NEVER, NEVER },
	{ IKE_PL_DELETE, "04020001" "0102", NEVER, NEVER },
	{ IKE_PL_VENDOR, "637967", 0, NEVER },
	{ IKE_PL_TS_I, TS_BODY, NEVER, NEVER },
	{ IKE_PL_TS_R, ODD_TS_BODY, NEVER, NEVER },
	{ IKE_PL_SK, "c1c2c3", 0, NEVER },
	{ IKE_PL_CP, "01000000" "000100040a030001", NEVER, 4 },
	{ IKE_PL_EAP, "03010004", 0, NEVER },
	{ IKE_PL_SKF, "00010001c1", 4, NEVER },
	/* clang-format on */
};

static void shorter_body_is_refused_unless_it_is_one_itself(void **state)
{
	uint8_t body[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *k = &kinds[i];
		size_t whole = hex_decode(k->body, body, sizeof(body));

		for (size_t len = 0; len <= whole; len++) {
			bool right =
				len >= k->from || len == k->at || len == whole;

			if (accepts(k->type, body, len) != right)
				fail_msg("%s, %s, %zu octets", k->body,
					 ike_payload_name(k->type), len);
		}
	}
}

static void every_truncation_of_a_payload_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct chain c, cut;

		chain_of_hex(&c, kinds[i].type, kinds[i].body);
		assert_int_equal(c.p.n, 1);
		assert_int_equal(c.p.at[0].type, kinds[i].type);
		assert_slice(c.p.at[0].body, kinds[i].body);
		for (size_t len = 0; len < c.len; len++) {
			chain_parse(&cut, c.octets, len, kinds[i].type,
				    part_of(kinds[i].type));
			assert_int_equal(cut.result, IKE_PARSE_SYNTAX);
			chain_free(&cut);
		}
		chain_free(&c);
	}
}

/* A right body and what is written over it. */
struct change {
	const char *what;
	uint8_t type;
	const char *body;
	size_t at;
	const char *octets;
};

static bool change_is_accepted(const struct change *row)
{
	uint8_t body[ROOM], over[16];
	size_t len = hex_decode(row->body, body, sizeof(body));
	size_t n = hex_decode(row->octets, over, sizeof(over));

	assert_true(accepts(row->type, body, len));
	assert_true(row->at + n <= len);
	memcpy(body + row->at, over, n);
	return accepts(row->type, body, len);
}

static void lengths_and_counts_that_lie_are_refused(void **state)
{
	static const struct change rows[] = {
		/* clang-format off */
		{ "proposal of 0", IKE_PL_SA, SA_BODY, 2, "0000" },
		{ "proposal of 7", IKE_PL_SA, SA_BODY, 2, "0007" },
		{ "proposal of 8, SPI inside", IKE_PL_SA, SA_BODY, 2, "0008" },
		{ "proposal one short", IKE_PL_SA, SA_BODY, 2, "0027" },
		{ "proposal one long", IKE_PL_SA, SA_BODY, 2, "0029" },
		{ "proposal over the next", IKE_PL_SA, SA_BODY, 2, "0048" },
		{ "proposal over the end", IKE_PL_SA, SA_BODY, 42, "0021" },
		{ "proposal far beyond", IKE_PL_SA, SA_BODY, 42, "ffff" },
		{ "ESP with no SPI", IKE_PL_SA, INIT_BODY, 5, "03" },
		{ "ESP's SPI of 8", IKE_PL_SA, REKEY_BODY, 5, "03" },
		{ "AH's SPI of 8", IKE_PL_SA, REKEY_BODY, 5, "02" },
		{ "SPI one short", IKE_PL_SA, REKEY_BODY, 6, "07" },
		{ "IKE's SPI of 4", IKE_PL_SA, SA_BODY, 5, "01" },
		{ "SPI over the proposal", IKE_PL_SA, SA_BODY, 5, "ff21" },
		{ "no transform counted", IKE_PL_SA, SA_BODY, 7, "00" },
		{ "one transform too few", IKE_PL_SA, SA_BODY, 7, "02" },
		{ "one transform too many", IKE_PL_SA, SA_BODY, 7, "04" },
		{ "transform of 0", IKE_PL_SA, SA_BODY, 14, "0000" },
		{ "transform of 7", IKE_PL_SA, SA_BODY, 26, "0007" },
		{ "half an attribute", IKE_PL_SA, SA_BODY, 14, "000a" },
		{ "transform over its proposal", IKE_PL_SA, SA_BODY, 34, "0009" },
		{ "transform over all", IKE_PL_SA, SA_BODY, 66, "0009" },
		{ "attribute over its transform", IKE_PL_SA, SA_BODY, 20, "000e0001" },
		{ "IPv4 where IPv6 is said", IKE_PL_ID_I, IPV4_BODY, 0, "05" },
		{ "IPv6 where IPv4 is said", IKE_PL_ID_R, IPV6_BODY, 0, "01" },
		{ "SPI over the notification", IKE_PL_NOTIFY, NOTIFY_BODY, 1, "06" },
		{ "one SPI too few", IKE_PL_DELETE, ESP_D_BODY, 2, "0001" },
		{ "one SPI too many", IKE_PL_DELETE, ESP_D_BODY, 2, "0003" },
		{ "65,535 SPIs", IKE_PL_DELETE, ESP_D_BODY, 2, "ffff" },
		{ "SPIs of 0", IKE_PL_DELETE, ESP_D_BODY, 1, "00" },
		{ "one SPI of 8", IKE_PL_DELETE, ESP_D_BODY, 1, "080001" },
		{ "AH's one SPI of 8", IKE_PL_DELETE, ESP_D_BODY, 0, "02080001" },
		{ "IKE's SPI that isn't there", IKE_PL_DELETE, IKE_D_BODY, 1, "080001" },
		{ "no selector", IKE_PL_TS_R, TS_BODY, 0, "00" },
		{ "one selector too few", IKE_PL_TS_I, TS_BODY, 0, "01" },
		{ "one selector too many", IKE_PL_TS_I, TS_BODY, 0, "03" },
		{ "selector of 0", IKE_PL_TS_I, TS_BODY, 6, "0000" },
		{ "selector of 3", IKE_PL_TS_I, TS_BODY, 6, "0003" },
		{ "IPv4 selector one short", IKE_PL_TS_I, TS_BODY, 6, "000f" },
		{ "IPv4 selector one long", IKE_PL_TS_I, TS_BODY, 6, "0011" },
		{ "IPv4 selector over the end", IKE_PL_TS_I, TS_BODY, 6, "0039" },
		{ "IPv4 selector as long as IPv6's", IKE_PL_TS_R, TS_BODY, 20, "07" },
		{ "IPv6 selector as long as IPv4's", IKE_PL_TS_R, TS_BODY, 4, "08" },
		{ "IPv6 selector one short", IKE_PL_TS_R, TS_BODY, 22, "0027" },
		{ "IPv6 selector over the end", IKE_PL_TS_R, TS_BODY, 22, "0029" },
		{ "unknown selector of 3", IKE_PL_TS_I, ODD_TS_BODY, 6, "0003" },
		{ "unknown selector too long", IKE_PL_TS_I, ODD_TS_BODY, 6, "0005" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (change_is_accepted(&rows[i]))
			fail_msg("accepted: %s", rows[i].what);
	/* No selector, and none there. */
	assert_false(accepts(IKE_PL_TS_I, (uint8_t[]){ 0, 0, 0, 0 }, 4));
}

static void harmless_deviations_are_accepted(void **state)
{
	static const struct change rows[] = {
		/* clang-format off */
		{ "last proposal, yet another", IKE_PL_SA, SA_BODY,
		  0, "00" },
		{ "more proposals, yet none", IKE_PL_SA, SA_BODY, 40, "02" },
		{ "last transform, yet another", IKE_PL_SA, SA_BODY, 12, "00" },
		{ "more transforms, yet none", IKE_PL_SA, SA_BODY, 64, "03" },
		{ "neither last nor more", IKE_PL_SA, SA_BODY, 40, "ff" },
		{ "proposal's reserved bits", IKE_PL_SA, SA_BODY, 1, "ff" },
		{ "transform's reserved bits", IKE_PL_SA, SA_BODY, 13, "ff" },
		{ "the other ones", IKE_PL_SA, SA_BODY, 17, "ff" },
		{ "first proposal is number 0", IKE_PL_SA, SA_BODY, 4, "00" },
		{ "second proposal is number 1", IKE_PL_SA, SA_BODY, 44, "01" },
		{ "unknown protocol", IKE_PL_SA, SA_BODY, 5, "04" },
		{ "and its SPI of 16", IKE_PL_SA, SA_BODY, 5, "041002" },
		{ "unknown transform", IKE_PL_SA, SA_BODY, 16, "f1" },
		{ "unknown attribute, a value", IKE_PL_SA, SA_BODY, 20, "87ffffff" },
		{ "unknown attribute, empty", IKE_PL_SA, SA_BODY, 20, "07ff0000" },
		{ "reserved octets of KE", IKE_PL_KE, KE_BODY, 2, "ffff" },
		{ "of ID", IKE_PL_ID_I, FQDN_BODY, 1, "ffffff" },
		{ "of AUTH", IKE_PL_AUTH, AUTH_BODY, 1, "ffffff" },
		{ "of TS", IKE_PL_TS_I, TS_BODY, 1, "ffffff" },
		{ "unknown identification", IKE_PL_ID_I, FQDN_BODY, 0, "ff" },
		{ "unknown authentication", IKE_PL_AUTH, AUTH_BODY, 0, "ff" },
		{ "unknown selector", IKE_PL_TS_I, TS_BODY, 20, "09" },
		{ "notification with IKE's SPI of 5", IKE_PL_NOTIFY, NOTIFY_BODY, 0, "0105" },
		{ "a number of SPIs of 0", IKE_PL_DELETE, IKE_D_BODY, 2, "0001" },
		{ "no SPIs of 16", IKE_PL_DELETE, IKE_D_BODY, 1, "10" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!change_is_accepted(&rows[i]))
			fail_msg("refused: %s", rows[i].what);
}

static void nonce_has_16_to_256_octets(void **state)
{
	static const uint8_t nonce[300];

	(void)state;
	for (size_t len = 0; len <= sizeof(nonce); len++)
		assert_true(accepts(IKE_PL_NONCE, nonce, len) ==
			    (len >= 16 && len <= 256));
}

/* --- header */

#define HEADER             \
	"0102030405060708" \
	"1112131415161718" \
	"21"               \
	"20"               \
	"22"               \
	"28"               \
	"a1a2a3a4"

static void every_field_of_the_header_is_read(void **state)
{
	uint8_t octets[ROOM];
	struct ike_header h;

	(void)state;
	hex_decode(HEADER "00000020"
			  "00000004",
		   octets, sizeof(octets));
	assert_true(ike_header_parse(slice_of(octets, 32), &h));
	assert_int_equal(h.spi_i, 0x0102030405060708);
	assert_int_equal(h.spi_r, 0x1112131415161718);
	assert_int_equal(h.next_payload, IKE_PL_SA);
	assert_int_equal(h.version, IKE_VERSION);
	assert_int_equal(h.exchange, IKE_EXCH_IKE_SA_INIT);
	assert_int_equal(h.flags, IKE_FLAG_R | IKE_FLAG_I);
	assert_int_equal(h.message_id, 0xa1a2a3a4);
	assert_int_equal(h.length, 32);
}

static void header_is_refused_when_cut_or_of_another_length(void **state)
{
	static const char *const lengths[] = { "00000000", "0000001b",
					       "0000001d", "0100001c",
					       "ffffffff" };
	uint8_t octets[ROOM];
	struct ike_header h;

	(void)state;
	hex_decode(HEADER "0000001c", octets, sizeof(octets));
	for (size_t len = 0; len <= 32; len++) {
		uint8_t *copy = copy_of(octets, len);

		assert_true(ike_header_parse(slice_of(copy, len), &h) ==
			    (len == IKE_HEADER_BYTES));
		free(copy);
	}
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		hex_decode(lengths[i], octets + 24, 4);
		assert_false(ike_header_parse(slice_of(octets, 28), &h));
	}
}

/* --- chains */

static void chains_are_walked_to_their_end(void **state)
{
	static const struct {
		const char *what;
		uint8_t first;
		const char *octets;
		enum ike_parse result;
		unsigned int n;
		uint8_t sk_first;
	} rows[] = {
		/* clang-format off */
		{ "empty", 0, "", IKE_PARSE_OK, 0, 0 },
		{ "octets, but no payload", 0, "00000004", IKE_PARSE_SYNTAX, 0, 0 },
		{ "payload, but no octets", 43, "", IKE_PARSE_SYNTAX, 0, 0 },
		{ "one", 43, "00000004", IKE_PARSE_OK, 1, 0 },
		{ "three", 43, "2b000005ff" "2b000004" "00000006ffff", IKE_PARSE_OK, 3, 0 },
		{ "unknown one", 49, "00000006ffff", IKE_PARSE_OK, 0, 0 },
		{ "unknown ones around", 49, "2b000004" "c8000004" "00000006ffff",
		  IKE_PARSE_OK, 1, 0 },
		{ "all reserved bits", 43, "317f0004" "007f0004", IKE_PARSE_OK, 1, 0 },
		{ "critical and known", 43, "00800004", IKE_PARSE_OK, 1, 0 },
		{ "critical and unknown", 43, "c8000004" "00800004", IKE_PARSE_CRITICAL, 1, 0 },
		{ "length 0", 43, "00000000", IKE_PARSE_SYNTAX, 0, 0 },
		{ "length 3", 43, "00000003", IKE_PARSE_SYNTAX, 0, 0 },
		{ "length 3, unknown", 49, "00000003", IKE_PARSE_SYNTAX, 0, 0 },
		{ "one octet short", 43, "00000005", IKE_PARSE_SYNTAX, 0, 0 },
		{ "one octet short, unknown", 49, "00000005", IKE_PARSE_SYNTAX, 0, 0 },
		{ "longest length", 43, "0000ffff", IKE_PARSE_SYNTAX, 0, 0 },
		{ "a trailing octet", 43, "00000004" "00", IKE_PARSE_SYNTAX, 1, 0 },
		{ "a trailing payload", 43, "00000004" "00000004", IKE_PARSE_SYNTAX, 1, 0 },
		{ "a next payload that isn't there", 43, "2b000004", IKE_PARSE_SYNTAX, 1, 0 },
		{ "next payload is another kind", 43, "2a000004" "00000004",
		  IKE_PARSE_SYNTAX, 1, 0 },
		{ "only SK", 46, "23000006ffff", IKE_PARSE_OK, 1, 35 },
		{ "SK with nothing inside", 46, "00000006ffff", IKE_PARSE_OK, 1, 0 },
		{ "SK behind another", 43, "2e000004" "23000006ffff", IKE_PARSE_OK, 2, 35 },
		{ "SK, reserved bits", 46, "23ff0006ffff", IKE_PARSE_OK, 1, 35 },
		{ "SKF", 53, "23000008" "00010002", IKE_PARSE_OK, 1, 35 },
		{ "SK before another", 46, "2b000006ffff" "00000004", IKE_PARSE_SYNTAX, 1, 43 },
		{ "SKF before another", 53, "0000000800010001" "00000004", IKE_PARSE_SYNTAX, 1, 0 },
		{ "SK, octets behind", 46, "23000006ffff" "00", IKE_PARSE_SYNTAX, 1, 35 },
		{ "SK one octet short", 46, "23000007ffff", IKE_PARSE_SYNTAX, 0, 0 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t octets[ROOM];
		struct chain c;

		chain_parse(&c, octets,
			    hex_decode(rows[i].octets, octets, sizeof(octets)),
			    rows[i].first, IKE_PART_CLEAR);
		if (c.result != rows[i].result || c.p.n != rows[i].n ||
		    c.p.refused != (c.result == IKE_PARSE_CRITICAL ? 200 : 0))
			fail_msg("%s", rows[i].what);
		if (c.result == IKE_PARSE_OK)
			assert_int_equal(c.p.sk_first, rows[i].sk_first);
		chain_free(&c);
	}
}

static bool is_in(const uint8_t *set, size_t n, uint8_t type)
{
	return memchr(set, type, n) != NULL;
}

/* NULL: unknown. */
static const struct kind *kind_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* With and without the critical bit, which only counts for the unknown. */
static void payload_that_may_not_stand_here_is_refused(void **state)
{
	static const uint8_t anywhere[] = { IKE_PL_SA,	   IKE_PL_KE,
					    IKE_PL_NONCE,  IKE_PL_NOTIFY,
					    IKE_PL_VENDOR, IKE_PL_CERTREQ };
	static const uint8_t clear[] = { IKE_PL_SK, IKE_PL_SKF };

	(void)state;
	for (unsigned int n = 0; n < 255 * 4; n++) {
		uint8_t type = (uint8_t)(n / 4 + 1), octets[ROOM] = { 0 };
		bool critical = n & 1, protected = n & 2;
		const struct kind *k = kind_of(type);
		size_t len = hex_decode(k ? k->body : "", octets + 4, 99) + 4;
		bool known = is_in(anywhere, sizeof(anywhere), type) ||
			     is_in(clear, sizeof(clear), type) != protected;
		enum ike_parse want = IKE_PARSE_OK;
		struct chain c;

		if (k && !known)
			want = IKE_PARSE_SYNTAX;
		if (!k && critical)
			want = IKE_PARSE_CRITICAL;
		octets[1] = critical ? IKE_CRITICAL : 0;
		octets[3] = (uint8_t)len;
		chain_parse(&c, octets, len, type,
			    protected ? IKE_PART_PROTECTED : IKE_PART_CLEAR);
		if (c.result != want || c.p.n != (k && known) ||
		    c.p.refused != (want == IKE_PARSE_CRITICAL ? type : 0))
			fail_msg("type %u, row %u", type, n % 4);
		chain_free(&c);
	}
}

static void no_more_payloads_are_taken_than_there_is_room_for(void **state)
{
	uint8_t octets[4 * (IKE_PAYLOADS_MAX + 2)];
	struct chain c;

	(void)state;
	for (size_t n = 1; n <= IKE_PAYLOADS_MAX + 1; n++) {
		for (size_t i = 0; i < 4 * n; i += 4)
			memcpy(octets + i, "\x2b\0\0\4", 4);
		octets[4 * n - 4] = 0;
		chain_parse(&c, octets, 4 * n, IKE_PL_VENDOR, IKE_PART_CLEAR);
		assert_true((c.result == IKE_PARSE_OK) ==
			    (n <= IKE_PAYLOADS_MAX));
		assert_int_equal(c.p.n,
				 n < IKE_PAYLOADS_MAX ? n : IKE_PAYLOADS_MAX);
		chain_free(&c);
	}
	octets[4 * IKE_PAYLOADS_MAX - 4] = 200; /* the last is left out */
	chain_parse(&c, octets, 4 * (IKE_PAYLOADS_MAX + 1), IKE_PL_VENDOR,
		    IKE_PART_CLEAR);
	assert_int_equal(c.result, IKE_PARSE_OK);
	assert_int_equal(c.p.n, IKE_PAYLOADS_MAX);
	chain_free(&c);
}

/* --- what is read */

static void proposals_and_transforms_are_read_in_order(void **state)
{
	struct ike_proposal p;
	struct ike_transform t;
	uint8_t room[ROOM];
	struct slice sa = slice_of_hex(SA_BODY, room);

	(void)state;
	assert_true(ike_proposal_next(&sa, &p));
	assert_int_equal(p.number, 1);
	assert_int_equal(p.protocol, IKE_PROTO_ESP);
	assert_slice(p.spi, "c0ffee01");
	assert_int_equal(p.n_transforms, 3);
	assert_true(ike_transform_next(&p.transforms, &t));
	assert_int_equal(t.type, IKE_TF_ENCR);
	assert_int_equal(t.id, ENCR_AES_CBC);
	assert_int_equal(t.key_bits, 128);
	assert_true(ike_transform_next(&p.transforms, &t));
	assert_int_equal(t.type, IKE_TF_INTEG);
	assert_int_equal(t.id, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(t.key_bits, 0);
	assert_false(t.unknown);
	assert_true(ike_transform_next(&p.transforms, &t));
	assert_int_equal(t.type, IKE_TF_ESN);
	assert_false(ike_transform_next(&p.transforms, &t));
	assert_true(ike_proposal_next(&sa, &p));
	assert_int_equal(p.number, 2);
	assert_slice(p.spi, "c0ffee02");
	assert_int_equal(p.n_transforms, 2);
	assert_false(ike_proposal_next(&sa, &p));
}

static void attributes_of_a_transform_are_understood_or_told(void **state)
{
	static const struct {
		const char *attributes;
		uint16_t key_bits;
		bool unknown;
	} rows[] = {
		/* clang-format off */
		{ "", 0, false },
		{ "800e0100", 256, false },
		{ "800effff", 65535, false },
		{ "800e0000", 0, true }, /* no bits */
		{ "800e0080" "800e0100", 128, true }, /* which? */
		{ "800e0080" "800e0080", 128, true }, /* twice */
		{ "000e0002" "0080", 0, true }, /* as octets */
		{ "800f0080", 0, true }, /* unknown: a value */
		{ "000f0000", 0, true }, /* no octets */
		{ "000f0003" "ffffff", 0, true }, /* octets */
		{ "000f0001" "ff" "800e00c0", 192, true },
		{ "800e00c0" "800f0001", 192, true },
		/* clang-format on */
	};
	uint8_t octets[64] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = 8 + hex_decode(rows[i].attributes, octets + 8, 56);
		struct ike_transform t;
		struct slice s;

		octets[3] = (uint8_t)len;
		octets[4] = IKE_TF_ENCR;
		s = slice_of(copy_of(octets, len), len);
		assert_true(ike_transform_next(&s, &t));
		assert_int_equal(t.key_bits, rows[i].key_bits);
		assert_int_equal(t.unknown, rows[i].unknown);
		assert_int_equal(s.len, 0);
		free((void *)(uintptr_t)(s.ptr - len));
	}
}

static void assert_addr(const struct addr *a, const char *text)
{
	char buf[ADDR_STR_MAX];

	assert_string_equal(addr_str(a, buf), text);
}

static void selectors_of_both_families_are_read(void **state)
{
	uint8_t room[ROOM];
	struct slice selectors;
	struct ike_ts ts;

	(void)state;
	assert_true(ike_ts_parse(slice_of_hex(TS_BODY, room), &selectors));
	assert_true(ike_ts_next(&selectors, &ts));
	assert_int_equal(ts.type, IKE_TS_IPV4_RANGE);
	assert_int_equal(ts.protocol, 6);
	assert_int_equal(ts.port_min, 22);
	assert_int_equal(ts.port_max, 25);
	assert_addr(&ts.addr_min, "10.1.0.0");
	assert_addr(&ts.addr_max, "10.1.255.255");
	assert_true(ike_ts_next(&selectors, &ts));
	assert_int_equal(ts.type, IKE_TS_IPV6_RANGE);
	assert_int_equal(ts.protocol, 0);
	assert_int_equal(ts.port_min, 0);
	assert_int_equal(ts.port_max, 65535);
	assert_addr(&ts.addr_min, "fd00:1::");
	assert_addr(&ts.addr_max, "fd00:1::ffff");
	assert_false(ike_ts_next(&selectors, &ts));
}

static void selectors_of_unknown_types_are_left_out(void **state)
{
/* clang-format off */
#define V4(n)  "07000010" "0000ffff" "0a00000" n "0a00000" n
#define ODD(n) "0900000" n
	/* clang-format on */
	static const struct {
		const char *body;
		uint8_t last[3]; /* octets of what is left */
		unsigned int n;
	} rows[] = {
		/* clang-format off */
		{ "03000000" ODD("4") V4("1") V4("2"), { 1, 2 }, 2 },
		{ "04000000" V4("1") ODD("5") "ff" ODD("4") V4("2"), { 1, 2 }, 2 },
		{ "03000000" V4("1") ODD("4") ODD("4"), { 1 }, 1 },
		{ "02000000" ODD("4") ODD("8") "00000000", { 0 }, 0 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice selectors;
		struct ike_ts ts;
		struct chain c;

		chain_of_hex(&c, IKE_PL_TS_R, rows[i].body);
		assert_true(ike_ts_parse(c.p.at[0].body, &selectors));
		for (unsigned int j = 0; j < rows[i].n; j++) {
			assert_true(ike_ts_next(&selectors, &ts));
			assert_int_equal(ts.addr_min.octets[15],
					 rows[i].last[j]);
		}
		assert_false(ike_ts_next(&selectors, &ts));
		chain_free(&c);
	}
#undef V4
#undef ODD
}

static void fields_of_the_other_payloads_are_read(void **state)
{
	uint8_t room[ROOM];
	struct ike_notify n;
	struct ike_delete d;
	struct ike_auth auth;
	struct ike_ke ke;
	struct ike_id id;

	(void)state;
	assert_true(ike_ke_parse(slice_of_hex(KE_BODY, room), &ke));
	assert_int_equal(ke.method, KE_ECP_256);
	assert_slice(ke.data, "a1a2a3a4");
	assert_true(ike_id_parse(slice_of_hex(FQDN_BODY, room), &id));
	assert_int_equal(id.type, IKE_ID_FQDN);
	assert_slice(id.data, "612e6578616d706c65");
	assert_true(ike_auth_parse(slice_of_hex(AUTH_BODY, room), &auth));
	assert_int_equal(auth.method, IKE_AUTH_PSK);
	assert_slice(auth.data, "b1b2b3");
	assert_true(ike_notify_parse(slice_of_hex(NOTIFY_BODY, room), &n));
	assert_int_equal(n.protocol, IKE_PROTO_ESP);
	assert_int_equal(n.type, IKE_N_REKEY_SA);
	assert_slice(n.spi, "deadbeef");
	assert_slice(n.data, "ff");
	assert_true(ike_delete_parse(slice_of_hex(ESP_D_BODY, room), &d));
	assert_int_equal(d.protocol, IKE_PROTO_ESP);
	assert_int_equal(d.spi_bytes, 4);
	assert_int_equal(d.n, 2);
	assert_slice(d.spis, "0000010100000102");
}

static void payloads_are_found_and_counted_by_type(void **state)
{
	static const char *const rows[] = {
		/* clang-format off */
		"29000004", /* V */
		"29000008" "00004004",
		"29000009" "00004006" "aa",
		"29000009" "00004006" "bb",
		"29000008" "0000ffff", "29000008" "00004000", /* no errors */
		"29000008" "00003fff", "00000008" "0000000e", /* errors */
		/* clang-format on */
	};
	uint8_t octets[ROOM];
	struct ike_notify n;
	struct chain c;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		len += hex_decode(rows[i], octets + len, 9);
	chain_parse(&c, octets, len, IKE_PL_VENDOR, IKE_PART_CLEAR);
	assert_int_equal(c.result, IKE_PARSE_OK);
	assert_int_equal(ike_count(&c.p, IKE_PL_NOTIFY), 7);
	assert_int_equal(ike_count(&c.p, IKE_PL_VENDOR), 1);
	assert_int_equal(ike_count(&c.p, IKE_PL_SA), 0);
	assert_ptr_equal(ike_find(&c.p, IKE_PL_NOTIFY), &c.p.at[1]);
	assert_null(ike_find(&c.p, IKE_PL_SA));
	assert_true(ike_find_notify(&c.p, IKE_N_COOKIE, &n));
	assert_slice(n.data, "aa");
	assert_false(ike_find_notify(&c.p, IKE_N_REKEY_SA, &n));
	assert_true(ike_find_error(&c.p, &n));
	assert_int_equal(n.type, 0x3fff);
	c.p.n -= 2;
	assert_false(ike_find_error(&c.p, &n));
	chain_free(&c);
}

static void numbers_have_names_and_the_rest_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(ike_exchange_name(34), "IKE_SA_INIT");
	assert_string_equal(ike_exchange_name(37), "INFORMATIONAL");
	assert_string_equal(ike_exchange_name(33), "unknown");
	assert_string_equal(ike_payload_name(33), "SA");
	assert_string_equal(ike_payload_name(53), "SKF");
	assert_string_equal(ike_payload_name(0), "unknown");
	assert_string_equal(ike_notify_name(14), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(ike_notify_name(16431), "SIGNATURE_HASH_ALGORITHMS");
	assert_string_equal(ike_notify_name(65535), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shorter_body_is_refused_unless_it_is_one_itself),
		cmocka_unit_test(every_truncation_of_a_payload_is_refused),
		cmocka_unit_test(lengths_and_counts_that_lie_are_refused),
		cmocka_unit_test(harmless_deviations_are_accepted),
		cmocka_unit_test(nonce_has_16_to_256_octets),
		cmocka_unit_test(every_field_of_the_header_is_read),
		cmocka_unit_test(header_is_refused_when_cut_or_of_another_length),
		cmocka_unit_test(chains_are_walked_to_their_end),
		cmocka_unit_test(payload_that_may_not_stand_here_is_refused),
		cmocka_unit_test(
			no_more_payloads_are_taken_than_there_is_room_for),
		cmocka_unit_test(proposals_and_transforms_are_read_in_order),
		cmocka_unit_test(
			attributes_of_a_transform_are_understood_or_told),
		cmocka_unit_test(selectors_of_both_families_are_read),
		cmocka_unit_test(selectors_of_unknown_types_are_left_out),
		cmocka_unit_test(fields_of_the_other_payloads_are_read),
		cmocka_unit_test(payloads_are_found_and_counted_by_type),
		cmocka_unit_test(numbers_have_names_and_the_rest_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
