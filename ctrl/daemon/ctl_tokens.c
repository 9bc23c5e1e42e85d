// SPDX-License-Identifier: BSD-2-Clause
/* Private keys in tokens: those of the file, and those that clients load. */
#include <errno.h>

#include "ctrl/daemon/ctl_state.h"

static void on_loaded(void *ctx, uint64_t token, const char *id,
		      const struct error *e)
{
	struct ctl *c = ctx;

	if (!c->control)
		return;
	if (e)
		control_server_loaded(c->control, token, -EIO, e);
	else
		control_server_token_loaded(c->control, token, id);
}

/* Whatever of certificates is ours now goes to ike before it needs it. */
static void on_settled(void *ctx)
{
	struct ctl *c = ctx;

	if (!c->starts_later || !c->ike)
		return;
	c->starts_later = false;
	ctl_send_certs(c);
	ctl_start_all(c, &c->start_orphaned);
}

int ctl_new_tokens(struct ctl *c, struct error *e)
{
	const struct tokens_spec spec = { .base = c->base,
					  .folder = c->folder,
					  .debug = c->debug,
					  .keys = c->keys,
					  .loaded = on_loaded,
					  .settled = on_settled,
					  .ctx = c };

	c->tokens = tokens_new(&spec);
	if (!c->tokens)
		return error_set(e, -ENOMEM, "no memory for tokens");
	tokens_set(c->tokens, c->config);
	return 0;
}

bool ctl_starts_later(struct ctl *c, const struct policy_set *orphaned)
{
	static const struct policy_set none;

	if (!tokens_are_awaited(c->tokens))
		return false;
	c->start_orphaned = orphaned ? *orphaned : none;
	c->starts_later = true;
	return true;
}

int ctl_load_token(void *ctx, uint64_t token, const struct token_conf *conf,
		   struct error *e)
{
	const struct ctl *c = ctx;

	return tokens_load(c->tokens, c->config, conf, token, e);
}
