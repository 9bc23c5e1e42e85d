// SPDX-License-Identifier: BSD-2-Clause
/* What IKE is told to do, as soon as there is somebody who does it. */
#include <errno.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/ctl_state.h"

static enum held_for on_waits(void *ctx)
{
	const struct ctl *c = ctx;

	if (!apply_is_settled(c->apply))
		return HELD_FOR_CHANGES;
	return c->ike && !ike_link_is_started(c->ike) ? HELD_FOR_IKE
						      : HELD_FOR_NOTHING;
}

/* What does not fit its link ends that, and with it the process. */
static int on_give(void *ctx, const struct control_command *command)
{
	static const enum ike_command commands[] = {
		[CONTROL_INITIATE] = IKE_CMD_INITIATE,
		[CONTROL_TERMINATE] = IKE_CMD_TERMINATE,
		[CONTROL_REKEY] = IKE_CMD_REKEY,
	};
	const struct ctl *c = ctx;
	const struct ike_target target = { .conn = command->conn,
					   .child = command->child,
					   .ike_id = command->ike_id,
					   .child_id = command->child_id };
	int err = -ENOTCONN;

	if (c->ike && command->redirect)
		err = ike_link_redirect(c->ike, command->token,
					command->redirect);
	else if (c->ike)
		err = ike_link_command(c->ike,
				       command->reauth ? IKE_CMD_REAUTH
						       : commands[command->verb],
				       command->token, &target, command->force);
	return err == -ENOBUFS ? 0 : err;
}

static void on_fail(void *ctx, uint64_t token, int err)
{
	const struct ctl *c = ctx;

	control_server_done(c->control, token, err, 0);
}

/* When the first one waits no longer. */
static void arm(struct ctl *c)
{
	uint64_t due_ns = held_due_ns(c->held), now_ns = clock_ns();
	uint64_t ns = due_ns > now_ns ? due_ns - now_ns : 0;
	const struct timeval after = { .tv_sec = (time_t)(ns / NS_PER_S),
				       .tv_usec = (suseconds_t)(ns % NS_PER_S /
								1000) };

	if (due_ns)
		evtimer_add(&c->on_held, &after);
	else
		evtimer_del(&c->on_held);
}

static void on_held(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	ctl_commands_go(ctx);
}

void ctl_commands_go(struct ctl *c)
{
	held_go(c->held, clock_ns());
	arm(c);
}

void ctl_command(void *ctx, const struct control_command *command)
{
	struct ctl *c = ctx;

	held_put(c->held, command, clock_ns());
	arm(c);
}

void ctl_command_done(struct ctl *c, uint64_t token, int err, unsigned int n)
{
	held_answered(c->held, token);
	control_server_done(c->control, token, err, n);
}

void ctl_commands_without_ike(struct ctl *c)
{
	held_ike_ended(c->held, clock_ns());
	arm(c);
}

int ctl_new_commands(struct ctl *c, struct error *e)
{
	const struct held_calls calls = {
		.waits = on_waits, .give = on_give, .fail = on_fail, .ctx = c
	};

	evtimer_assign(&c->on_held, c->base, on_held, c);
	c->held = held_new(&calls);
	return c->held ? 0 : error_set(e, -ENOMEM, "no memory for commands");
}
