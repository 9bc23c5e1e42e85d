// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_plugins.h"

#include "ctrl/conf/values.h"
#include "ctrl/conf/values_updown.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/ike_options.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define AT(field)   .offset = offsetof(struct ike_options, field)

_Static_assert(RESOLVCONF_MAX == UPDOWN_MAX, "one reader fills both");

/* Completes "has no effect: it is ...". */
#define NO_NAME \
	"of names of charon's; here all servers are under the name cygnet"

/* clang-format off */
static const struct key resolvconf_keys[] = {
	{ .name = "path", .form = "the absolute path of resolvconf",
	  .read = value_updown, AT(resolvconf) },
};

static const struct sub resolvconf_subs[] = {
	{ .name = "iface",	  .kind = SUB_IDLE, .form = NO_NAME },
	{ .name = "iface_prefix", .kind = SUB_IDLE, .form = NO_NAME },
};

static const struct key resolve_keys[] = {
	{ .name = "load", .form = "yes or no", .read = value_bool,
	  AT(install_dns) },
};

static const struct sub resolve_subs[] = {
	{ .name = "file",	.kind = SUB_NEVER,
	  .form = "would have two who write it; install openresolv, whose resolvconf knows both" },
	{ .name = "resolvconf", .form = "a section with path",
	  .table = &resolvconf_table },
};

static const struct sub plugins_subs[] = {
	{ .name = "pkcs11",	.kind = SUB_EACH, .form = "a section with modules" },
	{ .name = "resolve",	.form = "a section", .table = &resolve_table },
	{ .name = "",		.kind = SUB_IDLE, .prefix = true,
	  .form = NO_PLUGINS },
};
/* clang-format on */

const struct keys resolvconf_table = {
	.keys = resolvconf_keys,
	.n_keys = ROWS(resolvconf_keys),
	.subs = resolvconf_subs,
	.n_subs = ROWS(resolvconf_subs),
};

const struct keys resolve_table = {
	.keys = resolve_keys,
	.n_keys = ROWS(resolve_keys),
	.subs = resolve_subs,
	.n_subs = ROWS(resolve_subs),
};

const struct keys plugins_table = {
	.subs = plugins_subs,
	.n_subs = ROWS(plugins_subs),
};
