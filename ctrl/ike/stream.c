// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/stream.h"

#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/view.h"

#define OPENING_NS (10 * NS_PER_S)
#define UDP_TRIES  2U /* a request is sent again by UDP before TCP is tried */

static enum tcp_encap mode_of(const struct ike_sa *sa)
{
	return sa->e->calls.stream_open && sa->conn ? sa->conn->conf.tcp_encap
						    : TCP_ENCAP_NO;
}

/* The TCP originator (section 6.1). */
static bool is_opener(const struct ike_sa *sa)
{
	return sa->e->calls.stream_open && sa->conn &&
	       sa->state != IKE_ST_DEAD &&
	       (sa->established_ns ? sa->began : sa->initiator);
}

static bool is_updating(const struct ike_sa *sa)
{
	return sa->tells_update ||
	       (sa->ours.kind == EX_MOBIKE && sa->ours.mobike == MOBIKE_UPDATE);
}

static bool waits_for_response(const struct ike_sa *sa)
{
	return sa->ours.kind != EX_NONE && sa->ours.step == STEP_RESPONSE &&
	       sa->request.len;
}

/* Where UDP does not get through, and another way may be taken. */
static bool may_fall_back(const struct ike_sa *sa)
{
	if (mode_of(sa) == TCP_ENCAP_NO || sa->path.stream ||
	    !waits_for_response(sa))
		return false;
	return sa->state == IKE_ST_INIT || (sa->state == IKE_ST_ESTABLISHED &&
					    sa->mobike && is_updating(sa));
}

/* --- those that we open */

static uint16_t port_of(const struct ike_sa *sa)
{
	uint16_t port = sa->conn->conf.remote_port;

	return port == IKE_PORT ? IKE_NATT_PORT : port;
}

static void open_one(struct ike_sa *sa)
{
	struct ike_path path = sa->path;

	path.stream = STREAM_LOST;
	path.local_port = 0;
	path.remote_port = port_of(sa);
	sa->stream_token = token_next(sa);
	sa->stream_asked_ns = sa->e->now_ns;
	sa->e->calls.stream_open(sa->e->calls.ctx, sa->conn->conf.name, &path,
				 sa->stream_token);
}

static bool is_opening(const struct ike_sa *sa)
{
	return sa->stream_token &&
	       sa->e->now_ns < sa->stream_asked_ns + OPENING_NS;
}

void stream_try(struct ike_sa *sa)
{
	if (!is_opener(sa) || is_opening(sa))
		return;
	if (sa->path.stream == STREAM_LOST ||
	    (sa->tries >= UDP_TRIES && may_fall_back(sa)))
		open_one(sa);
}

uint64_t stream_at_ns(const struct ike_sa *sa)
{
	return is_opener(sa) && sa->path.stream == STREAM_LOST
		       ? sa->stream_asked_ns + OPENING_NS
		       : 0;
}

void stream_way(const struct ike_sa *sa, struct ike_path *way)
{
	way->stream = 0;
	if (mode_of(sa) != TCP_ENCAP_YES)
		return;
	way->stream = STREAM_LOST;
	way->remote_port = port_of(sa);
}

void stream_move(struct ike_sa *sa)
{
	sa->stream_token = 0;
	stream_try(sa);
}

void stream_start(struct ike_sa *sa)
{
	if (!sa->path.stream)
		stream_way(sa, &sa->path);
	if (sa->path.stream == STREAM_LOST)
		stream_move(sa);
}

/* The hashes of NAT detection are of the ports that it has now. */
static void begin_again(struct ike_sa *sa)
{
	const unsigned int tries = sa->tries;

	if (sa->ours.kind == EX_RESUME)
		resume_send(sa);
	else
		init_send(sa);
	sa->tries = tries;
}

/* Section 6.2: what has no response yet is sent again. */
static void ask_again(struct ike_sa *sa)
{
	if (!waits_for_response(sa))
		return;
	if (sa->state == IKE_ST_INIT)
		begin_again(sa);
	else
		post_other_way(sa, &sa->path, &sa->request, &sa->request_after);
}

/* From now on this one, of either side. */
static void take(struct ike_sa *sa, const struct ike_path *path)
{
	sa_move(sa, path);
	sa->stream_is_good = false;
	if (!is_updating(sa) && !sa->tells_check)
		mobike_move_children(sa, false);
}

/* From UDP, which is a move to the peer; or in place of one that is lost. */
static void take_opened(struct ike_sa *sa, const struct ike_path *path)
{
	const bool was_udp = !sa->path.stream;

	take(sa, path);
	if (was_udp && sa->state == IKE_ST_ESTABLISHED)
		sa->tells_update = true;
	sa->tells_stream = sa->state == IKE_ST_ESTABLISHED ||
			   (sa->state == IKE_ST_AUTH && !waits_for_response(sa));
	ask_again(sa);
	sa_next(sa);
}

void engine_stream_opened(struct engine *e, uint64_t token,
			  const struct ike_path *path, uint64_t now_ns)
{
	struct ike_sa *sa = sa_by_id(e, (uint32_t)(token >> 32));

	e->now_ns = now_ns;
	if (!sa || !token || sa->stream_token != token) {
		if (path)
			e->calls.stream_close(e->calls.ctx, path->stream);
		return;
	}
	sa_touch(sa);
	sa->stream_token = 0;
	if (path && sa->state != IKE_ST_DEAD &&
	    (sa->path.stream == STREAM_LOST || may_fall_back(sa)))
		take_opened(sa, path);
	else if (path)
		e->calls.stream_close(e->calls.ctx, path->stream);
	sa_reap(e);
}

/* --- those by which the peer comes */

/* So does the reply that is not there yet. */
static void follow(struct ike_sa *sa, const struct ike_path *path)
{
	take(sa, path);
	if (sa->asked_by.stream == STREAM_LOST)
		sa->asked_by = *path;
	sa->tells_stream = false;
	ask_again(sa);
}

static bool is_another(const struct ike_sa *sa, const struct ike_path *path)
{
	return !is_opener(sa) && sa->state != IKE_ST_DEAD && sa->path.stream &&
	       stream_is_up(path) && path->stream != sa->path.stream;
}

void stream_heard(struct ike_sa *sa, const struct ike_path *path)
{
	if (is_another(sa, path))
		follow(sa, path);
	if (stream_is_up(path) && path->stream == sa->path.stream)
		sa->stream_is_good = true;
}

void stream_heard_again(struct ike_sa *sa, const struct ike_path *path)
{
	if (sa->path.stream != STREAM_LOST || !is_another(sa, path))
		return;
	sa_touch(sa);
	follow(sa, path);
}

/* --- those that are lost */

void stream_tell(struct ike_sa *sa)
{
	sa->tells_stream = false;
	stream_try(sa);
	info_liveness(sa);
}

static void lose(struct ike_sa *sa)
{
	const bool was_good = sa->stream_is_good;

	sa_touch(sa);
	view_changed(sa);
	if (sa->asked_by.stream == sa->path.stream)
		sa->asked_by.stream = STREAM_LOST;
	sa->path.stream = STREAM_LOST;
	sa->stream_is_good = false;
	sa->tells_stream = sa->state != IKE_ST_INIT;
	if (was_good) /* else when its request would be sent again */
		stream_try(sa);
	sa_next(sa);
}

void stream_inherit(struct ike_sa *heir, const struct ike_sa *sa)
{
	heir->stream_is_good = sa->stream_is_good;
	heir->tells_stream = sa->path.stream == STREAM_LOST ||
			     (sa->path.stream && is_opener(sa));
}

void stream_resume(struct ike_sa *sa)
{
	if (sa->path.stream != STREAM_LOST)
		return;
	sa->tells_stream = sa->state == IKE_ST_ESTABLISHED;
	stream_try(sa);
}

/* --- who has which */

static struct ike_list *list_of(const struct engine *e, uint32_t stream)
{
	return (struct ike_list *)&e->by_stream[stream % STREAM_BUCKETS];
}

static struct ike_sa *first_of(const struct engine *e, uint32_t stream)
{
	struct ike_sa *sa = LIST_FIRST(list_of(e, stream));

	while (sa && sa->on_stream != stream)
		sa = LIST_NEXT(sa, of_stream);
	return sa;
}

static void leave(struct ike_sa *sa)
{
	const uint32_t stream = sa->on_stream;

	if (!stream)
		return;
	LIST_REMOVE(sa, of_stream);
	sa->on_stream = 0;
	if (!first_of(sa->e, stream))
		post_close(sa->e, stream);
}

void stream_list(struct ike_sa *sa)
{
	const uint32_t now = stream_is_up(&sa->path) ? sa->path.stream : 0;

	if (sa->on_stream != now) {
		leave(sa);
		sa->on_stream = now;
		if (now)
			LIST_INSERT_HEAD(list_of(sa->e, now), sa, of_stream);
	}
	if (!now || !sa->established_ns || sa->keeps_stream == now)
		return;
	sa->keeps_stream = now;
	sa->e->calls.stream_keep(sa->e->calls.ctx, now);
}

void stream_unlist(struct ike_sa *sa)
{
	leave(sa);
}

void engine_stream_closed(struct engine *e, uint32_t stream, uint64_t now_ns)
{
	struct ike_sa *sa;

	e->now_ns = now_ns;
	while (stream && (sa = first_of(e, stream))) {
		LIST_REMOVE(sa, of_stream);
		sa->on_stream = 0;
		if (sa->path.stream == stream)
			lose(sa);
	}
	sa_reap(e);
}
