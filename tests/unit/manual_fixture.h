/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of manual SAs that a side has by a configuration, from one to the next. */
#ifndef CYG_TESTS_MANUAL_FIXTURE_H
#define CYG_TESTS_MANUAL_FIXTURE_H

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/dp/manual.h"
#include "ctrl/dp/tunnel.h"
#include "ctrl/sadb/quiescent.h"
#include "tests/support/side.h"

#define KEY_A "0x000102030405060708090a0b0c0d0e0f10111213"
#define KEY_B "0x202122232425262728292a2b2c2d2e2f30313233"
#define KEY_C "0x404142434445464748494a4b4c4d4e4f50515253"
#define KEY_D "0x606162636465666768696a6b6c6d6e6f70717273"
#define KEY_E "0x808182838485868788898a8b8c8d8e8f90919293"

#define GATEWAY                                              \
	"gateway { protected = lan0\n unprotected = wan0\n " \
	"allow_manual_counter_mode = yes\n }\n"
#define SA(dir, spi, key) dir " { spi = " spi "\n encr_key = " key "\n }\n"
#define PAIR_OF(name, esp, more, in, out)                               \
	name " { local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " \
	     "esp_proposals = " esp "\n" more in out "}\n"
#define PAIR(name, in, out) PAIR_OF(name, "aes128gcm16", "", in, out)
#define ONE		    PAIR("one", SA("in", "0x1001", KEY_A), SA("out", "0x1002", KEY_B))
#define OTHER_ONE(esp, more)                                      \
	CONF(PAIR_OF("one", esp, more, SA("in", "0x1001", KEY_A), \
		     SA("out", "0x1002", KEY_B)),                 \
	     NET_1)
#define TWO PAIR("two", SA("in", "0x2001", KEY_C), SA("out", "0x2002", KEY_D))
#define POLICY(name, net, pair)                                                \
	name " { action = protect\n local_ts = 10.1.0.0/16\n remote_ts = " net \
	     "\n manual = " pair "\n }\n"
#define NET_1 POLICY("net", "10.2.0.0/16", "one")
/* Of the pair's own addresses, whichever its mode is. */
#define OWN_ONE(more)                                                       \
	CONF(PAIR_OF("one", "aes128gcm16", more, SA("in", "0x1001", KEY_A), \
		     SA("out", "0x1002", KEY_B)),                           \
	     "own { action = protect\n local_ts = 192.0.2.1\n remote_ts = " \
	     "192.0.2.2\n manual = one\n }\n")
#define CONF(pairs, policies) \
	GATEWAY "manual {\n" pairs "}\npolicies {\n" policies "}\n"

#define TURNS_MAX 2000
#define TURN_MS	  1

struct fixture {
	struct side *s;
	struct manual *m;
	struct config *config; /* in force */
	char folder[64];
};

static inline struct config *parse(const char *text)
{
	struct config *c = NULL;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static inline int try_config(struct fixture *f, struct config *c,
			     struct error *e)
{
	const struct tunnel_ifs none = { .n = 0 };
	const struct tunnel_books to = { f->s->sadb, f->m, &none };
	int err = tunnels_replace(c, &to, 1, e);

	if (err) {
		config_free(c);
		return err;
	}
	config_free(f->config);
	f->config = c;
	return 0;
}

static inline int try(struct fixture *f, const char *text, struct error *e)
{
	return try_config(f, parse(text), e);
}

static inline void drain(struct fixture *f)
{
	for (int i = 0; i < TURNS_MAX && !manual_is_settled(f->m); i++) {
		worker_step(&f->s->w);
		side_poll(f->s);
		poll(NULL, 0, TURN_MS);
	}
	assert_true(manual_is_settled(f->m));
}

static inline void apply_config(struct fixture *f, struct config *c)
{
	struct error e;

	if (try_config(f, c, &e))
		fail_msg("%s", e.text);
	drain(f);
}

static inline void apply(struct fixture *f, const char *text)
{
	apply_config(f, parse(text));
}

/* NULL: the i-th policy has none. */
static inline struct sa_rt *out_of(struct fixture *f, size_t i)
{
	uint64_t whole = atomic_load(&f->s->bindings[f->config->policies[i].id]);
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref.gen ? sad_get(f->s->sad, ref) : NULL;
}

static inline uint32_t spi_of(const struct sa_rt *sa)
{
	return sa ? ntohl(sa->spi_be) : 0;
}

static inline bool has_inbound(const struct fixture *f, uint32_t spi)
{
	struct sadb_id id = { .spi = spi, .dir = SADB_IN };

	assert_int_equal(addr_parse("192.0.2.1", &id.daddr), 0);
	return sadb_is_there(f->s->sadb, &id);
}

static inline void note_inbound(void *ctx, const struct sadb_id *id,
				uint32_t policy, bool orphan,
				const struct sa_rt *sa)
{
	const struct sa_rt **found = ctx;

	(void)policy;
	(void)orphan;
	if (id->dir == SADB_IN)
		*found = sa;
}

static const struct sa_rt *inbound(const struct fixture *f)
{
	const struct sa_rt *found = NULL;

	sadb_each(f->s->sadb, note_inbound, &found);
	assert_non_null(found);
	return found;
}

static inline struct config *with_added(const char *file, const char *added)
{
	struct config *c = parse(file);
	struct manual_conf m;
	struct error e;

	if (conf_parse_manual("f", slice_of(added, strlen(added)), "new", c, &m,
			      &e))
		fail_msg("%s", e.text);
	c->manual = realloc(c->manual, (c->n_manual + 1) * sizeof(m));
	assert_non_null(c->manual);
	c->manual[c->n_manual++] = m;
	return c;
}

#define ADDED(in, out) "manual {\n" PAIR("new", in, "policies = net\n" out) "}"

static inline int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .s = side_new(NULL) };
	strcpy(f.folder, "/tmp/cygnet.manual.XXXXXX");
	if (!mkdtemp(f.folder) || rmdir(f.folder))
		return -1;
	f.m = manual_new(f.s->sadb, f.folder);
	*state = &f;
	return f.m ? 0 : -1;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	struct dirent *found;
	char path[512];
	DIR *dir;

	manual_free(f->m);
	config_free(f->config);
	side_free(f->s);
	dir = opendir(f->folder);
	while (dir && (found = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, found->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(f->folder);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
