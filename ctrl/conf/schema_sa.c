// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_sa.h"

#include <errno.h>
#include <stdio.h>

#define KEY_MAX 32 /* of a key's name, and more */

/* One kind of limit. */
struct life {
	const char *what;
	uint64_t soft, hard; /* 0: none */
};

static int fail_life(const struct section *sec, const struct sa_lives *lives,
		     const struct life *l, struct error *e)
{
	const char *more = lives->may_equal ? "more than" : "not less than";
	char soft[KEY_MAX], hard[KEY_MAX];

	snprintf(soft, sizeof(soft), "%s_%s", lives->prefix, l->what);
	snprintf(hard, sizeof(hard), "life_%s", l->what);
	return value_fail(e, tree_value(sec, soft), -EINVAL,
			  "is %s %s, which is %llu: the SA ends before there "
			  "are new keys; write less here, or more there",
			  more, hard, (unsigned long long)l->hard);
}

int sa_check_lives(const struct section *sec, const struct sa_lives *lives,
		   struct error *e)
{
	const struct life all[] = {
		{ "time", lives->soft.time_s, lives->hard.time_s },
		{ "bytes", lives->soft.bytes, lives->hard.bytes },
		{ "packets", lives->soft.pkts, lives->hard.pkts },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct life *l = &all[i];

		if (l->soft && l->hard &&
		    (l->soft > l->hard ||
		     (l->soft == l->hard && !lives->may_equal)))
			return fail_life(sec, lives, l, e);
	}
	return 0;
}

int sa_check_outer(const struct section *sec, const struct sadb_outer *outer,
		   bool fragment_after, const struct encr_alg *small,
		   struct error *e)
{
	const struct value *v;

	if (fragment_after && outer->df == SADB_DF_SET)
		return value_fail(e, tree_value(sec, "set_df"), -EINVAL,
				  "is yes, and fragment is after: nobody cuts "
				  "what has DF; remove one of the lines");
	if (!small || (!outer->tfc_bytes && !outer->dummies))
		return 0;
	v = tree_value(sec, outer->tfc_bytes ? "tfc_padding" : "tfc_dummies");
	return value_fail(e, v, -EINVAL,
			  "does not go with %s: its blocks of 8 octets use a "
			  "key up soon, and what is padded is in no limit by "
			  "octets; remove the line, or write aes256-sha256",
			  small->name);
}

/* --- of all that a child proposes */

/* The first cipher that sa_check_outer() asks for. */
static const struct encr_alg *small_blocks(const struct proposals *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->at[i].n_encr; j++)
			if (sa_small_blocks(p->at[i].encr[j]))
				return p->at[i].encr[j];
	return NULL;
}

int sa_check_child(const struct section *sec, const struct child_conf *c,
		   struct error *e)
{
	const struct sa_lives lives = {
		.prefix = "rekey",
		.may_equal = true,
		.soft = { c->bytes.rekey, c->packets.rekey, c->rekey_time, 0 },
		.hard = { c->bytes.life, c->packets.life, c->life_time, 0 },
	};
	int err = sa_check_lives(sec, &lives, e);

	return err ? err
		   : sa_check_outer(sec, &c->outer, c->fragment_after,
				    small_blocks(&c->proposals), e);
}
