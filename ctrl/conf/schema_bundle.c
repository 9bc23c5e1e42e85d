// SPDX-License-Identifier: BSD-2-Clause
/*
 * manual.*.bundle: what only two pairs together, and the policies, can tell.
 */
#include "ctrl/conf/schema_bundle.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/schema_manual.h"
#include "ctrl/conf/values.h"

/* A pair with its section; policies have one likewise. */
struct pair {
	struct manual_conf *conf;
	const struct section *sec;
};

static int find_pair(const struct value *v, const struct section *list,
		     struct config *c, struct pair *out, struct error *e)
{
	const struct section *sec = list->sections;
	size_t at;
	int err = manual_find(v, c,
			      "add that section, with ah_proposals and mode = "
			      "transport",
			      &at, e);

	if (err)
		return err;
	*out = (struct pair){ &c->manual[at], sec };
	for (; at; at--)
		out->sec = out->sec->next;
	return 0;
}

/* One in the other, and no third: what carries is AH, and AH is not carried. */
static int check_protocols(const struct value *v, const struct pair *esp,
			   const struct pair *ah, struct error *e)
{
	if (esp->conf == ah->conf)
		return value_fail(e, v, -EINVAL,
				  "names its own pair, which can't carry "
				  "itself; write the name of one with "
				  "ah_proposals");
	if (esp->conf->protocol == IKE_PROTO_AH)
		return value_fail(e, v, -EINVAL,
				  "stands in a pair of AH, and AH is not "
				  "carried by AH: a bundle is ESP in AH; remove "
				  "the line, or write esp_proposals");
	if (ah->conf->protocol != IKE_PROTO_AH)
		return value_fail(e, v, -EINVAL,
				  "names a pair of ESP, which carries no other: "
				  "a bundle is ESP in AH; write ah_proposals in "
				  "manual.%s",
				  ah->conf->name);
	return 0;
}

static int check_forms(const struct value *v, const struct pair *esp,
		       const struct pair *ah, struct error *e)
{
	char local[ADDR_STR_MAX], remote[ADDR_STR_MAX];

	if (ah->conf->mode != SADB_TRANSPORT)
		return value_fail(e, v, -EINVAL,
				  "names a pair in tunnel mode, and AH around "
				  "ESP has no header of its own; write mode = "
				  "transport in manual.%s",
				  ah->conf->name);
	if (!addr_equal(&esp->conf->local, &ah->conf->local) ||
	    !addr_equal(&esp->conf->remote, &ah->conf->remote))
		return value_fail(e, v, -EINVAL,
				  "names a pair between other addresses; write "
				  "local_addrs = %s and remote_addrs = %s in "
				  "manual.%s",
				  addr_str(&esp->conf->local, local),
				  addr_str(&esp->conf->remote, remote),
				  ah->conf->name);
	if (esp->conf->encap)
		return value_fail(e, tree_value(esp->sec, "encap"), -EINVAL,
				  "does not go with bundle: AH covers the "
				  "addresses that a NAT changes, and carries no "
				  "ESP in UDP; remove one of the two lines");
	return 0;
}

/* Said of ESP, and then of both: a packet goes through both in one step. */
static int check_options(const struct pair *esp, const struct pair *ah,
			 struct error *e)
{
	static const char *const esps[] = { "spread", "fragment" };
	const struct value *v = NULL;

	for (size_t i = 0; !v && i < sizeof(esps) / sizeof(esps[0]); i++)
		v = tree_value(ah->sec, esps[i]);
	return v ? value_fail(e, v, -EINVAL,
			      "is said by the pair that this one carries; write "
			      "it in manual.%s",
			      esp->conf->name)
		 : 0;
}

static int check_alone(const struct value *v, const struct config *c,
		       const struct pair *ah, struct error *e)
{
	const struct manual_conf *other = manual_carried(c, ah->conf);

	return other ? value_fail(e, v, -EINVAL,
				  "names a pair that carries manual.%s; each "
				  "needs one of its own",
				  other->name)
		     : 0;
}

/* The pair's policies, if it is to have some. */
static int check_policies(const struct section *root, const struct config *c,
			  const struct pair *esp, const struct pair *ah,
			  struct error *e)
{
	const struct section *list = tree_section(root, "policies");
	const struct section *sec = list ? list->sections : NULL;
	bool has_one = false;

	for (size_t i = 0; i < c->n_policies; i++, sec = sec->next) {
		if (c->policies[i].action != SPD_PROTECT)
			continue;
		if (&c->manual[c->policies[i].manual] == ah->conf)
			return value_fail(e, tree_value(sec, "manual"), -EINVAL,
					  "names a pair that carries manual.%s "
					  "and nothing else; write manual = %s",
					  esp->conf->name, esp->conf->name);
		if (&c->manual[c->policies[i].manual] == esp->conf)
			has_one = true;
	}
	return has_one ? 0
		       : value_fail(e, tree_value(esp->sec, "bundle"), -EINVAL,
				    "carries nothing, since no policy names "
				    "manual.%s; add one with manual = %s",
				    esp->conf->name, esp->conf->name);
}

static int fill_bundle(const struct section *root, struct config *c,
		       const struct pair *esp, struct error *e)
{
	const struct value *v = tree_value(esp->sec, "bundle");
	struct pair ah = { NULL, NULL };
	int err = find_pair(v, tree_section(root, "manual"), c, &ah, e);

	if (!err)
		err = check_protocols(v, esp, &ah, e);
	if (!err)
		err = check_forms(v, esp, &ah, e);
	if (!err)
		err = check_options(esp, &ah, e);
	if (!err)
		err = check_alone(v, c, &ah, e);
	if (!err)
		err = check_policies(root, c, esp, &ah, e);
	if (err)
		return err;
	ah.conf->spread = esp->conf->spread;
	memcpy(esp->conf->bundle, ah.conf->name, sizeof(ah.conf->name));
	return 0;
}

int bundles_fill(const struct section *root, struct config *out, struct error *e)
{
	const struct section *list = tree_section(root, "manual");
	const struct section *sec = list ? list->sections : NULL;
	int err = 0;

	for (size_t i = 0; !err && i < out->n_manual; i++, sec = sec->next) {
		const struct pair esp = { &out->manual[i], sec };

		if (tree_value(sec, "bundle"))
			err = fill_bundle(root, out, &esp, e);
	}
	return err;
}
