// SPDX-License-Identifier: BSD-2-Clause
/*
 * What clients hear of algorithms: everything that there is, under charon's names and
 * under those of proposals, and who does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/cli/tree.h"
#include "ctrl/control/algorithms.h"
#include "ctrl/control/words.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/crypto/provider.h"
#include "ctrl/model/suite.h"

#define DEFAULT "openssl/default"

/* Free with node_free(). */
static struct node *answer(void (*write)(struct vici_builder *b,
					 const struct status *s),
			   const char *crypto)
{
	const struct status s = { .crypto = crypto };
	struct vici_builder b;
	struct node *root;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	write(&b, &s);
	assert_true(vici_finish(&b));
	root = node_parse(slice_of(b.ptr + 5, b.len - 5)); /* length and type */
	assert_non_null(root);
	vici_builder_free(&b);
	return root;
}

static size_t count(const struct node *section)
{
	size_t n = 0;

	for (const struct node *c = node_first(section); c; c = c->next)
		n++;
	return n;
}

static void assert_text(const struct node *root, const char *section,
			const char *key, const char *wanted)
{
	const char *text = node_text(node_find(root, section), key);

	if (strcmp(text, wanted) != 0)
		fail_msg("%s.%s is %s, not %s", section, key, text, wanted);
}

static void stock_clients_hear_of_each_number_once(void **state)
{
	struct node *root = answer(answer_algorithms, "openssl");
	static const struct {
		const char *section;
		size_t n;
	} rows[] = { { "encryption", 5 }, { "integrity", 12 }, { "aead", 8 },
		     { "hasher", 1 },	  { "prf", 7 },	       { "dh", 20 },
		     { "rng", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(count(node_find(root, rows[i].section)),
				 rows[i].n);
	assert_text(root, "encryption", "AES_CBC", DEFAULT);
	assert_text(root, "encryption", "NULL", "openssl");
	assert_text(root, "aead", "CHACHA20_POLY1305", DEFAULT);
	assert_text(root, "integrity", "AES_XCBC_96", DEFAULT);
	assert_text(root, "prf", "PRF_AES128_CMAC", DEFAULT);
	assert_text(root, "dh", "CURVE_448", DEFAULT);
	assert_text(root, "dh", "ECP_512_BP", "openssl");
	assert_text(root, "dh", "MODP_2048_256", "openssl");
	node_free(root);
}

/* IKE is libcrypto's business, whatever protects packets. */
static void what_packets_alone_have_is_their_backends(void **state)
{
	struct node *root = answer(answer_algorithms, "ipsec-mb");

	(void)state;
	assert_text(root, "encryption", "AES_CBC", DEFAULT);
	assert_text(root, "encryption", "NULL", "ipsec-mb");
	assert_text(root, "aead", "NULL_AES_GMAC", "ipsec-mb");
	assert_text(root, "integrity", "AES_128_GMAC", "ipsec-mb");
	node_free(root);
}

static const struct node *entry(const struct node *root, const char *section,
				const char *keyword)
{
	const struct node *found = node_find(node_find(root, section), keyword);

	if (!found)
		fail_msg("%s.%s is missing", section, keyword);
	return found;
}

static void assert_entry(const struct node *e, const char *name,
			 const char *weak)
{
	assert_string_equal(node_text(e, "name"), name);
	assert_string_equal(node_text(e, "kind"), "software");
	assert_string_equal(node_text(e, "weak"), weak ? weak : "");
}

static void every_keyword_is_there_with_its_weakness(void **state)
{
	struct node *root = answer(answer_own_algorithms, "openssl");

	(void)state;
	for (size_t i = 0; encr_at(i); i++)
		assert_entry(entry(root, "encryption", encr_at(i)->name),
			     encr_word((uint16_t)encr_at(i)->id),
			     encr_at(i)->weak);
	for (size_t i = 0; integ_at(i); i++)
		assert_entry(entry(root, "integrity", integ_at(i)->name),
			     integ_word((uint16_t)integ_at(i)->id),
			     integ_at(i)->weak);
	for (size_t i = 0; prf_at(i); i++)
		assert_entry(entry(root, "prf", prf_at(i)->name),
			     prf_word((uint16_t)prf_at(i)->id), prf_at(i)->weak);
	for (size_t i = 0; ke_at(i); i++)
		assert_entry(entry(root, "key_exchange", ke_at(i)->name),
			     ke_word((uint16_t)ke_at(i)->id), ke_at(i)->weak);
	for (size_t i = 0; suite_at(i); i++)
		assert_string_equal(
			node_text(entry(root, "suites", suite_at(i)->name),
				  "esp"),
			suite_at(i)->esp);
	node_free(root);
}

static void who_does_it_is_said_for_each_use(void **state)
{
	static const struct {
		const char *section, *keyword, *use, *wanted;
	} rows[] = {
		{ "encryption", "aes128", "ike", DEFAULT },
		{ "encryption", "aes128", "esp", "ipsec-mb" },
		/* which ipsec-mb lacks */
		{ "encryption", "aes192ccm8", "esp", DEFAULT },
		{ "encryption", "des", "ike", "" },
		{ "encryption", "des", "esp", DEFAULT },
		{ "integrity", "sha256", "ike", DEFAULT },
		{ "integrity", "sha256", "esp", "ipsec-mb" },
		{ "integrity", "sha256", "ah", "ipsec-mb" },
		{ "integrity", "aes256gmac", "ike", "" },
		{ "integrity", "aes256gmac", "esp", "" },
		{ "integrity", "aes256gmac", "ah", "ipsec-mb" },
		{ "prf", "prfaesxcbc", "ike", DEFAULT },
		{ "key_exchange", "curve25519", "ike", DEFAULT },
		{ "key_exchange", "modp2048", "ike", "openssl" },
	};
	struct node *root = answer(answer_own_algorithms, "ipsec-mb");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
			node_text(entry(root, rows[i].section, rows[i].keyword),
				  rows[i].use),
			rows[i].wanted);
	node_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_clients_hear_of_each_number_once),
		cmocka_unit_test(what_packets_alone_have_is_their_backends),
		cmocka_unit_test(every_keyword_is_there_with_its_weakness),
		cmocka_unit_test(who_does_it_is_said_for_each_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
