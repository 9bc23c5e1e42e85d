// SPDX-License-Identifier: BSD-2-Clause
/*
 * The protection of what leaves (RFC 7296 section 3.14): in one datagram, or in
 * fragments with a protection each (RFC 7383 section 2.5), where one would be cut
 * on its way and both sides know what to do.
 */
#include "ctrl/ike/fragment.h"
#include "ctrl/ike/sa.h"

/* A generation of engines seals so many messages under one key. */
#define IV_COUNTER_BITS 48

/* IVs: for counter modes the generation and a counter, never used twice under one
 * key, whichever engine has it; else unpredictable (section 3.14). */
static bool put_iv(struct ike_sa *sa, const struct ike_sk *sk)
{
	struct builder b = wr_init(ike_sk_iv(sk), sk->iv_bytes);

	if (!sa->keys.encr->counter_mode)
		return sa->e->calls.random(sa->e->calls.ctx, ike_sk_iv(sk),
					   sk->iv_bytes);
	if (++sa->keys.iv >> IV_COUNTER_BITS)
		return false;
	wr_u64(&b, (uint64_t)sa->e->generation << IV_COUNTER_BITS | sa->keys.iv);
	return wr_ok(&b);
}

static bool seal(struct ike_sa *sa, struct ike_builder *m, struct slice *out)
{
	struct ike_sk sk;

	if (!ike_sk_end(m, sa->keys.encr->block_bytes,
			keys_icv_bytes(&sa->keys), &sk, out) ||
	    !put_iv(sa, &sk))
		return false;
	return keys_seal(&sa->keys, &(const struct sk_text){
					    .message = sk.message,
					    .aad_bytes = sk.aad_bytes,
					    .text_bytes = sk.text_bytes,
				    });
}

/* --- fragments */

#define UDP_BYTES	 8U
#define MARKER_BYTES	 4U /* RFC 3948 section 2.2: on port 4500 */
#define SKF_HEADER_BYTES (IKE_PL_HEADER_BYTES + 4)

/* Octets of IKE in one datagram that nobody on the way is likely to cut. */
static size_t datagram_room(const struct ike_sa *sa, const struct ike_path *path)
{
	size_t ip_bytes = addr_is_v4(&path->remote) ? 20 : 40;

	return sa->e->options.fragment_size - ip_bytes - UDP_BYTES -
	       MARKER_BYTES;
}

/* Of payloads in SK or SKF, padded, with the pad length behind them. */
static size_t text_bytes(const struct ike_sa *sa, size_t payloads)
{
	size_t block = sa->keys.encr->block_bytes;

	return (payloads + 1 + block - 1) / block * block;
}

/* A peer for which there is no connection gets one notification, which fits. */
static bool may_be_cut(const struct ike_sa *sa)
{
	enum fragmentation f =
		sa->conn ? sa->conn->conf.fragmentation : FRAGMENTATION_NO;

	return sa->fragments &&
	       (f == FRAGMENTATION_YES || f == FRAGMENTATION_FORCE);
}

/* TCP cuts by itself (RFC 9329 section 7.5). */
static bool is_to_be_cut(const struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_builder *m)
{
	return !path->stream && may_be_cut(sa) &&
	       m->text_at + text_bytes(sa, ike_sk_payloads(m).len) +
			       keys_icv_bytes(&sa->keys) >
		       datagram_room(sa, path);
}

/* Octets of payloads that a fragment has room for. */
static size_t piece_bytes(const struct ike_sa *sa, const struct ike_path *path)
{
	size_t block = sa->keys.encr->block_bytes;
	size_t around = IKE_HEADER_BYTES + SKF_HEADER_BYTES +
			sa->keys.encr->iv_bytes + keys_icv_bytes(&sa->keys);

	return (datagram_room(sa, path) - around) / block * block - 1;
}

static bool seal_in_fragments(struct ike_sa *sa, const struct ike_path *path,
			      struct ike_builder *whole, struct slice *out)
{
	struct slice rest = ike_sk_payloads(whole), piece, message;
	size_t most = piece_bytes(sa, path),
	       total = (rest.len + most - 1) / most;
	struct builder all = wr_init(sa->e->fragments, sizeof(sa->e->fragments));
	struct ike_builder m;

	if (!wr_ok(&whole->b) || total > FRAGMENTS_MAX)
		return false;
	for (size_t i = 1; i <= total; i++) {
		ike_fragment_begin(&m, all.ptr + all.len, all.room - all.len,
				   whole, (uint16_t)i, (uint16_t)total);
		if (!rd_slice(&rest, rest.len < most ? rest.len : most, &piece))
			return false;
		wr_bytes(&m.b, piece.ptr, piece.len);
		if (!seal(sa, &m, &message))
			return false;
		all.len += message.len;
	}
	*out = slice_of(all.ptr, all.len);
	return true;
}

bool message_seal(struct ike_sa *sa, const struct ike_path *path,
		  struct ike_builder *m, struct slice *out)
{
	if (!m->text_at)
		return ike_end(m, out);
	if (is_to_be_cut(sa, path, m))
		return seal_in_fragments(sa, path, m, out);
	return seal(sa, m, out);
}
