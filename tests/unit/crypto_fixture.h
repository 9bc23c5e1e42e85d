/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crypto backends that are tested, ipsec-mb with its code for older CPUs
 * too, and the suites that each must have. A group of tests runs for each:
 *
 *     for (size_t i = 0; i < ARRAY_LEN(backends); i++)
 *             if (backend_may_run(&backends[i]))
 *                     failed += cmocka_run_group_tests_name(
 *                             backends[i].name, tests, backend_take,
 *                             backend_give_back);
 */
#ifndef CYG_TESTS_CRYPTO_FIXTURE_H
#define CYG_TESTS_CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/crypto.h"
#include "tests/support/old_cpu.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct tested_backend {
	const char *name;
	const struct crypto_backend *backend;
	enum old_cpu cpu;
};

static const struct tested_backend backends[] = {
	{ "openssl", &crypto_openssl, CPU_AS_IS },
	{ "ipsec-mb", &crypto_ipsec_mb, CPU_AS_IS },
	{ "ipsec-mb with AVX2", &crypto_ipsec_mb, CPU_AVX2 },
	{ "ipsec-mb with AVX", &crypto_ipsec_mb, CPU_AVX },
	{ "ipsec-mb with SSE", &crypto_ipsec_mb, CPU_SSE },
};

/* The group's, and what is its thread's. */
static const struct crypto_backend *backend;
static struct crypto_thread *thread;

static inline bool backend_may_run(const struct tested_backend *b)
{
	const bool needs_aes = b->backend == &crypto_ipsec_mb;

	if ((needs_aes && !old_cpu_pretend(CPU_SSE)) ||
	    !old_cpu_pretend(b->cpu)) {
		print_message("skipped: this CPU can't run %s\n", b->name);
		return false;
	}
	print_message("%s:\n", b->name);
	backend = b->backend;
	return true;
}

static inline int backend_take(void **state)
{
	(void)state;
	return backend->thread_new(&thread);
}

static inline int backend_give_back(void **state)
{
	(void)state;
	backend->thread_free(thread);
	thread = NULL;
	return 0;
}

/* An algorithm pair as an operator names it; integ NULL with an AEAD. */
struct suite {
	const char *encr;
	const char *integ;
	bool esn;
};

static const struct suite suites[] = {
	{ "aes128", "sha256", false },	     { "aes128", "sha256", true },
	{ "aes192", "sha256", false },	     { "aes256", "sha256", true },
	{ "aes128gcm16", NULL, false },	     { "aes128gcm16", NULL, true },
	{ "aes192gcm16", NULL, false },	     { "aes256gcm16", NULL, true },
	{ "aes128", "sha1", false },	     { "aes256", "sha1", true },
	{ "aes192", "sha384", false },	     { "aes128", "sha384", true },
	{ "aes256", "sha512", false },	     { "aes192", "sha512", true },
	{ "chacha20poly1305", NULL, false }, { "chacha20poly1305", NULL, true },
};

static inline const struct integ_alg *suite_integ(const struct suite *suite)
{
	return suite->integ ? integ_by_name(suite->integ) : &integ_none;
}

#endif
