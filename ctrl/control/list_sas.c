// SPDX-License-Identifier: BSD-2-Clause
/*
 * Field names and formats are strongSwan's. What is not so, not known or not
 * yet is absent, as there: a client asks for a key, not for its value.
 */
#include "ctrl/control/list_sas.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/words.h"
#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/ke.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/model/status.h"

static const char *ike_state(uint8_t state)
{
	switch ((enum sa_view_state)state) {
	case SA_VIEW_CONNECTING:
		return "CONNECTING";
	case SA_VIEW_UP:
		return "ESTABLISHED";
	case SA_VIEW_REKEYING:
		return "REKEYING";
	case SA_VIEW_REKEYED:
		return "REKEYED";
	case SA_VIEW_DELETING:
		return "DELETING";
	case SA_VIEW_GONE:
		return "DESTROYING";
	}
	return "UNKNOWN";
}

static const char *child_state(uint8_t state)
{
	switch ((enum sa_view_state)state) {
	case SA_VIEW_CONNECTING:
		return "INSTALLING";
	case SA_VIEW_UP:
		return "INSTALLED";
	case SA_VIEW_REKEYING:
		return "REKEYING";
	case SA_VIEW_REKEYED:
		return "REKEYED";
	case SA_VIEW_DELETING:
		return "DELETING";
	case SA_VIEW_GONE:
		return "DELETED";
	}
	return "UNKNOWN";
}

static void put_yes(struct vici_builder *b, const char *key, bool yes)
{
	if (yes)
		vici_str(b, key, "yes");
}

static void put_number(struct vici_builder *b, const char *key, uint64_t n)
{
	vici_fmt(b, key, "%" PRIu64, n);
}

/* Whole seconds since then; nothing when it was never. */
static void put_since(struct vici_builder *b, const char *key, uint64_t then_ns,
		      uint64_t now_ns)
{
	if (then_ns)
		put_number(b, key,
			   now_ns > then_ns ? (now_ns - then_ns) / NS_PER_S : 0);
}

static void put_until(struct vici_builder *b, const char *key, uint64_t then_ns,
		      uint64_t now_ns)
{
	if (then_ns)
		put_number(b, key,
			   then_ns > now_ns ? (then_ns - now_ns) / NS_PER_S : 0);
}

static void put_id(struct vici_builder *b, const char *key,
		   const struct identity *id)
{
	char text[IDENTITY_STR_MAX];

	vici_str(b, key,
		 id->type ? identity_str(id, text, sizeof(text)) : "%any");
}

/* A length that is the only one nobody writes. */
static void put_encr(struct vici_builder *b, uint16_t encr, uint16_t key_bits)
{
	const struct encr_alg *of_one_length = encr_by_id(encr, 0);

	if (!encr)
		return;
	vici_str(b, "encr-alg", encr_word(encr));
	if (key_bits && !of_one_length)
		put_number(b, "encr-keysize", key_bits);
}

static bool is_weak_ke(uint16_t id)
{
	const struct ke_alg *ke = ke_by_id(id);

	return ke && ke->weak;
}

static bool is_weak_ike(const struct ike_sa_view *ike)
{
	const struct encr_alg *encr =
		encr_of_bits(ike->encr, ike->encr_key_bits);
	const struct integ_alg *integ = integ_by_id(ike->integ);
	const struct prf_alg *prf = prf_by_id(ike->prf);

	return (encr && encr->weak) || (integ && integ->weak) ||
	       (prf && prf->weak) || is_weak_ke(ike->ke);
}

static bool is_weak_child(const struct child_sa_view *c)
{
	const struct encr_alg *encr = encr_of_bits(c->encr, c->encr_key_bits);
	const struct integ_alg *integ = integ_by_id(c->integ);

	return is_weak_ke(c->ke) ||
	       (encr && integ && esp_pair_weakness(encr, integ));
}

static void put_ends(struct vici_builder *b, const struct ike_sa_view *ike)
{
	char addr[ADDR_STR_MAX];

	vici_str(b, "local-host", addr_str(&ike->local, addr));
	put_number(b, "local-port", ike->local_port);
	put_id(b, "local-id", &ike->local_id);
	vici_str(b, "remote-host", addr_str(&ike->remote, addr));
	put_number(b, "remote-port", ike->remote_port);
	put_id(b, "remote-id", &ike->remote_id);
}

/* strongSwan has no list that is empty. */
static void put_addrs(struct vici_builder *b, const char *name,
		      const struct addr *addrs, uint8_t n)
{
	char text[ADDR_STR_MAX];

	if (!n)
		return;
	vici_list(b, name);
	for (uint8_t i = 0; i < n; i++)
		vici_list_item(b, addr_str(&addrs[i], text));
	vici_list_end(b);
}

/* "ke1" to "ke7", as in strongSwan 6. */
static void put_addkes(struct vici_builder *b, const uint16_t addke[IKE_ADDKES])
{
	char name[] = "ke1";

	for (unsigned int i = 0; i < IKE_ADDKES; i++, name[2]++)
		if (addke[i])
			vici_str(b, name, ke_word(addke[i]));
}

void put_ike_sa(struct vici_builder *b, const struct ike_sa_view *ike,
		uint64_t now_ns)
{
	put_number(b, "uniqueid", ike->id);
	vici_str(b, "version", "2");
	vici_str(b, "state", ike_state(ike->state));
	put_ends(b, ike);
	put_yes(b, "initiator", ike->initiator);
	vici_fmt(b, "initiator-spi", "%016" PRIx64, ike->spi_i);
	vici_fmt(b, "responder-spi", "%016" PRIx64, ike->spi_r);
	put_yes(b, "nat-local", ike->nat_local);
	put_yes(b, "nat-remote", ike->nat_remote);
	put_yes(b, "nat-any", ike->nat_local || ike->nat_remote);
	put_yes(b, "tcp", ike->tcp); /* ours alone */
	put_encr(b, ike->encr, ike->encr_key_bits);
	if (ike->integ)
		vici_str(b, "integ-alg", integ_word(ike->integ));
	if (ike->prf)
		vici_str(b, "prf-alg", prf_word(ike->prf));
	if (ike->ke)
		vici_str(b, "dh-group", ke_word(ike->ke));
	put_addkes(b, ike->addke);
	put_yes(b, "ppk", ike->ppk);
	put_yes(b, "weak", is_weak_ike(ike)); /* ours alone */
	if (ike->state == SA_VIEW_UP) {
		put_since(b, "established", ike->established_ns, now_ns);
		put_until(b, "rekey-time", ike->rekey_ns, now_ns);
		put_until(b, "reauth-time", ike->reauth_ns, now_ns);
	}
	put_addrs(b, "local-vips", ike->local_vips, ike->n_local_vips);
	put_addrs(b, "remote-vips", ike->remote_vips, ike->n_remote_vips);
	put_addrs(b, "dns", ike->dns, ike->n_dns); /* ours alone */
}

static void put_counters(struct vici_builder *b, const struct child_sa_view *c)
{
	put_number(b, "bytes-in", c->in.bytes);
	put_number(b, "packets-in", c->in.pkts);
	if (c->in.pkts && c->in.idle_s != UINT64_MAX)
		put_number(b, "use-in", c->in.idle_s);
	put_number(b, "bytes-out", c->out.bytes);
	put_number(b, "packets-out", c->out.pkts);
	if (c->out.pkts && c->out.idle_s != UINT64_MAX)
		put_number(b, "use-out", c->out.idle_s);
}

/* Flat, for clients that know no section here. */
static void put_drops(struct vici_builder *b, const char *direction,
		      const uint64_t drops[DROP_MAX])
{
	char key[64];

	for (uint32_t i = 0; i < DROP_MAX; i++) {
		if (!drops[i])
			continue;
		snprintf(key, sizeof(key), "drops-%s-%s", direction,
			 drop_name((enum drop_reason)i));
		put_number(b, key, drops[i]);
	}
}

/* Each side's selectors once, though each stands beside all of the other. */
static void put_selectors(struct vici_builder *b, const char *key,
			  const struct child_sa_view *c,
			  struct ts_range (*side)(const struct sadb_selector *))
{
	char text[SADB_SELECTORS_MAX][TS_STR_MAX];
	unsigned int n = c->n_selectors;
	unsigned int seen;

	if (n > SADB_SELECTORS_MAX)
		n = SADB_SELECTORS_MAX;
	vici_list(b, key);
	for (unsigned int i = 0; i < n; i++) {
		const struct ts_range range = side(&c->selectors[i]);

		ts_range_str(&range, text[i]);
		seen = 0;
		while (strcmp(text[seen], text[i]) != 0)
			seen++;
		if (seen == i)
			vici_list_item(b, text[i]);
	}
	vici_list_end(b);
}

void put_child_fields(struct vici_builder *b, const struct child_sa_view *c,
		      const struct sa_drops *drops, uint64_t now_ns)
{
	vici_str(b, "name", c->name);
	put_number(b, "uniqueid", c->id);
	put_number(b, "reqid", c->policy);
	vici_str(b, "state", child_state(c->state));
	vici_str(b, "mode", mode_word(c->mode));
	vici_str(b, "protocol", c->protocol == IKE_PROTO_AH ? "AH" : "ESP");
	put_yes(b, "encap", c->encap);
	put_yes(b, "tcp", c->tcp); /* ours alone */
	vici_fmt(b, "spi-in", "%08" PRIx32, c->spi_in);
	vici_fmt(b, "spi-out", "%08" PRIx32, c->spi_out);
	put_if_id(b, "if-id-in", c->if_id_in);
	put_if_id(b, "if-id-out", c->if_id_out);
	put_yes(b, "per-cpu-sas", c->of_cpus);
	if (c->cpu)
		put_number(b, "cpu", c->cpu - 1U);
	if (c->protocol != IKE_PROTO_AH)
		put_encr(b, c->encr, c->encr_key_bits);
	if (c->integ)
		vici_str(b, "integ-alg", integ_word(c->integ));
	put_yes(b, "weak", is_weak_child(c)); /* ours alone */
	if (c->ke)
		vici_str(b, "dh-group", ke_word(c->ke));
	put_addkes(b, c->addke);
	if (c->esn)
		vici_str(b, "esn", "1");
	put_counters(b, c);
	if (c->path_mtu)
		put_number(b, "path-mtu", c->path_mtu);
	if (drops) {
		put_drops(b, "in", drops->in);
		put_drops(b, "out", drops->out);
		if (drops->lost_in)
			put_number(b, "lost-in", drops->lost_in);
	}
	put_until(b, "rekey-time", c->rekey_ns, now_ns);
	put_until(b, "life-time", c->expire_ns, now_ns);
	put_since(b, "install-time", c->installed_ns, now_ns);
	put_selectors(b, "local-ts", c, ts_local);
	put_selectors(b, "remote-ts", c, ts_remote);
}

void put_child_sa(struct vici_builder *b, const struct child_sa_view *c,
		  const struct sa_drops *drops, uint64_t now_ns)
{
	char name[CONN_NAME_MAX + 16];

	snprintf(name, sizeof(name), "%s-%" PRIu32, c->name, c->id);
	vici_section(b, name);
	put_child_fields(b, c, drops, now_ns);
	vici_section_end(b);
}

static bool child_excluded(const struct arguments *args,
			   const struct child_sa_view *c)
{
	return c->state == SA_VIEW_GONE ||
	       filter_excludes(args, ARG_CHILD, c->name) ||
	       (args->given & ARG_CHILD_ID && c->id != args->child_id);
}

/* By IKE SA, and within it in the order in which they came. */
static int compare_children(const void *a, const void *b)
{
	const struct child_sa_view *x = *(const struct child_sa_view *const *)a;
	const struct child_sa_view *y = *(const struct child_sa_view *const *)b;

	if (x->ike_id != y->ike_id)
		return x->ike_id < y->ike_id ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Those to be listed, sorted: an SA finds its own without a search of all. */
static const struct child_sa_view **children_of(const struct sas *sas,
						const struct arguments *args,
						size_t *n)
{
	const struct child_sa_view **list =
		calloc(sas->n_child + 1, sizeof(*list));

	*n = 0;
	if (!list)
		return NULL;
	for (size_t i = 0; i < sas->n_child; i++)
		if (!child_excluded(args, &sas->child[i]))
			list[(*n)++] = &sas->child[i];
	qsort(list, *n, sizeof(*list), compare_children);
	return list;
}

/* The first one whose IKE SA is not before id. */
static size_t first_of(const struct child_sa_view **list, size_t n, uint32_t id)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (list[middle]->ike_id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool put_event(const struct sink *sink, const struct sas *sas,
		      const struct ike_sa_view *ike,
		      const struct child_sa_view **children, size_t n,
		      uint64_t now_ns)
{
	struct vici_builder b;

	event_start(&b, TOPIC_LIST_SA);
	vici_section(&b, ike->conn);
	put_ike_sa(&b, ike, now_ns);
	vici_section(&b, "child-sas");
	for (size_t i = 0; i < n; i++)
		put_child_sa(&b, children[i],
			     sas->drops ? &sas->drops[children[i] - sas->child]
					: NULL,
			     now_ns);
	vici_section_end(&b);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

bool list_sas(const struct sink *sink, const struct arguments *args,
	      const struct sas *sas, uint64_t now_ns)
{
	const struct child_sa_view **list;
	bool ok = true;
	size_t n;

	if (!sink_wants(sink, TOPIC_LIST_SA))
		return true;
	list = children_of(sas, args, &n);
	if (!list)
		return false;
	for (size_t i = 0; ok && i < sas->n_ike; i++) {
		const struct ike_sa_view *ike = &sas->ike[i];
		size_t at = first_of(list, n, ike->id), end = at;

		while (end < n && list[end]->ike_id == ike->id)
			end++;
		if (ike->state == SA_VIEW_GONE ||
		    filter_excludes(args, ARG_IKE, ike->conn) ||
		    (args->given & ARG_IKE_ID && ike->id != args->ike_id))
			continue;
		ok = put_event(sink, sas, ike, list + at, end - at, now_ns);
	}
	free(list);
	return ok;
}
