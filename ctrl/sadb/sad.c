// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/sad.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "include/limits.h"

struct sad {
	const struct crypto_backend *backend;
	uint32_t next; /* first slot never used; control thread */
	/* Written by the control thread, read by workers. */
	_Atomic(struct sa_rt *) slot[SAD_MAX];
};

struct sad *sad_new(const struct crypto_backend *backend)
{
	struct sad *sad = calloc(1, sizeof(*sad));

	if (sad)
		sad->backend = backend;
	return sad;
}

static void sa_free(struct sa_rt *sa)
{
	if (!sa)
		return;
	sa->backend->key_free(sa->key);
	replay_free(&sa->replay);
	free(sa->selectors);
	free(sa);
}

void sad_free(struct sad *sad)
{
	if (!sad)
		return;
	for (uint32_t i = 0; i < sad->next; i++)
		sa_free(atomic_load(&sad->slot[i]));
	free(sad);
}

/* The constant part but key and selectors. */
static void sa_describe(struct sa_rt *sa, const struct sa_spec *spec)
{
	const struct encr_alg *encr = spec->encr;

	sa->dir = spec->dir;
	sa->spi_be = htonl(spec->spi);
	sa->saddr_be = addr_v4_be(&spec->saddr);
	sa->daddr_be = addr_v4_be(&spec->daddr);
	sa->iv_bytes = encr->iv_bytes;
	sa->icv_bytes = (uint8_t)esp_icv_bytes(encr, spec->integ);
	/* RFC 4303 section 2.4: next header ends on a 4-octet border. */
	sa->align_bytes = encr->block_bytes > 4 ? encr->block_bytes : 4;
	sa->counter_mode = encr->counter_mode;
	sa->esn = spec->esn;
}

static int sa_key(struct sa_rt *sa, const struct sa_spec *spec, struct error *e)
{
	const struct crypto_key_spec key = {
		.encr = spec->encr,
		.integ = spec->integ,
		.encr_key = spec->encr_key,
		.integ_key = spec->integ_key,
		.esn = spec->esn,
	};
	int err = sa->backend->key_new(&key, &sa->key);

	if (err)
		return error_set(e, err, "%s cannot use the keys for %s: %s",
				 sa->backend->name, spec->encr->name,
				 strerror(-err));
	return 0;
}

static int sa_compile_rules(struct sa_rt *sa, const struct sa_spec *spec)
{
	sa->selectors = calloc(spec->n_rules, sizeof(*sa->selectors));
	if (!sa->selectors)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_rules; i++) {
		const struct selector *s = &spec->rules[i].selector;

		sa->selectors[i] = (struct sa_selector){
			.local_net_be = addr_v4_be(&s->local.net),
			.local_mask_be = prefix_mask_v4_be(&s->local),
			.remote_net_be = addr_v4_be(&s->remote.net),
			.remote_mask_be = prefix_mask_v4_be(&s->remote),
			.protocol = s->protocol,
			.accept = spec->rules[i].accept,
		};
	}
	sa->n_selectors = spec->n_rules;
	return 0;
}

static int sa_fill(struct sa_rt *sa, const struct sa_spec *spec, struct error *e)
{
	int err;

	sa_describe(sa, spec);
	err = sa_compile_rules(sa, spec);
	if (!err && spec->dir == DIR_IN)
		err = replay_init(&sa->replay, spec->replay_window, spec->esn);
	if (err)
		return error_set(e, err, "cannot make an SA: %s",
				 strerror(-err));
	return sa_key(sa, spec, e);
}

int sad_add(struct sad *sad, const struct sa_spec *spec, struct sa_ref *ref,
	    struct error *e)
{
	struct sa_rt *sa;
	int err;

	if (sad->next == SAD_MAX)
		return error_set(e, -ENOSPC, "more than %d SAs", SAD_MAX);
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return error_set(e, -ENOMEM, "no memory for an SA");
	sa->backend = sad->backend;
	err = sa_fill(sa, spec, e);
	if (err) {
		sa_free(sa);
		return err;
	}
	sa->ref = (struct sa_ref){ .id = sad->next, .gen = 1 };
	atomic_store_explicit(&sad->slot[sad->next++], sa, memory_order_release);
	*ref = sa->ref;
	return 0;
}

struct sa_rt *sad_get(const struct sad *sad, struct sa_ref ref)
{
	struct sa_rt *sa;

	if (ref.id >= SAD_MAX)
		return NULL;
	sa = atomic_load_explicit(&sad->slot[ref.id], memory_order_acquire);
	return sa && sa->ref.gen == ref.gen ? sa : NULL;
}
