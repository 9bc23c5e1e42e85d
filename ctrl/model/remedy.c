// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/remedy.h"

#include <string.h>

#define COMPARE_SECRETS                                                      \
	"compare the secret of both sides, and the identities: `id` of our " \
	"`local` is `id` of the peer's `remote`, and the other way round"
#define PEERS_LOG  "read the peer's log, which says why"
#define OUR_LOG	   "read the log of cygnetd, which says why"
#define SET_PSK	   "set `auth = psk` on both sides, in `local` and in `remote`"
#define LOOK_AT_IT "; `cygnet capture` and the peer's log show how far it comes"
#define FIND_WAY                                                       \
	"look at the way to the peer (`ip route get ADDRESS`) and at " \
	"`remote_addrs`, which needs one address or name to go to"

/* The first one with which a failure begins counts. */
static const struct {
	const char *failure, *remedy;
} rows[] = {
	{ "proposal mismatch (IKE)",
	  "write a proposal that both sides have into `proposals` of the "
	  "connection, here or at the peer" },
	{ "proposal mismatch (ESP)",
	  "write a proposal that both sides have into `esp_proposals` of the "
	  "child, here or at the peer" },
	{ "proposal mismatch (AH)",
	  "write a proposal that both sides have into `ah_proposals` of the "
	  "child, here or at the peer" },
	{ "mode mismatch", "write the same `mode` on both sides" },
	{ "AH does not come through the NAT",
	  "write `esp_proposals` in place of `ah_proposals`, on both sides" },
	{ "selector mismatch: more than",
	  "split the child: each of its pairs of selectors may be one of its own" },
	{ "selector mismatch",
	  "make `local_ts` of one side and `remote_ts` of the other the same" },
	{ "the peer does not answer",
	  "see that the peer runs, that `remote_addrs` is its address, and that "
	  "UDP ports 500 and 4500 pass in both directions" LOOK_AT_IT },
	{ "the peer did not finish the handshake",
	  "see that UDP ports 500 and 4500 pass in both directions, large "
	  "packets too (`fragmentation`)" LOOK_AT_IT },
	{ "the peer refuses our authentication, takes no pre-shared key",
	  SET_PSK },
	{ "the peer refuses our authentication", COMPARE_SECRETS },
	{ "the peer's authentication is wrong", COMPARE_SECRETS },
	{ "no pre-shared key for the identities of both sides",
	  "write a section ike… into `secrets` with `id` of the peer, or "
	  "without any `id`" },
	{ "the peer has another identity",
	  "set `id` of `remote` to what the peer calls itself: `id` of its "
	  "`local`, or else its address" },
	{ "no connection for the peer's address and identity",
	  "make `remote_addrs` and `id` of `remote` of a connection those of "
	  "the peer" },
	{ "the peer does not authenticate by a pre-shared key", SET_PSK },
	{ "the peer wants EAP", SET_PSK },
	{ "the peer refuses IKE_AUTH", PEERS_LOG },
	{ "the peer refuses IKE_SA_INIT", PEERS_LOG },
	{ "the peer refuses the CHILD SA", PEERS_LOG },
	{ "the data path refuses the CHILD SA", OUR_LOG },
	{ "keys could not be made", OUR_LOG },
	{ "out of memory", OUR_LOG },
	{ "the IKE process ended",
	  "nothing: it is started again by itself; the log of cygnetd says why "
	  "it ended" },
	{ "nobody said which address the peer's name has",
	  "see that the resolvers answer: those of gateway.resolvers, or of "
	  "/etc/resolv.conf (`getent hosts NAME`)" },
	{ "no way to any address that the peer's name has", FIND_WAY },
	{ "no way to the peer", FIND_WAY },
	{ "deleted by the peer",
	  "ask the peer's operator, or its log, why it ended the tunnel; "
	  "`cygnet up` brings it up again" },
	{ "deleted here", "`cygnet up` brings it up again" },
};

const char *remedy_of_failure(const char *text)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(rows[i].failure, text, strlen(rows[i].failure)) == 0)
			return rows[i].remedy;
	return "";
}

/* Of one that never failed. */
static const char *remedy_of_state(const struct tunnel_status *t)
{
	switch (t->state) {
	case TUNNEL_UP:
	case TUNNEL_CONNECTING:
		return "";
	case TUNNEL_TRAP:
		return "nothing: the first packet brings it up; `cygnet up` "
		       "does it now";
	case TUNNEL_DOWN:
		return t->start_action == CHILD_NONE
			       ? "`cygnet up` brings it up; with start_action "
				 "= trap or start it comes up by itself"
			       : "`cygnet up` tries it again";
	}
	return "";
}

const char *remedy_of(const struct tunnel_status *t)
{
	return t->state == TUNNEL_UP || t->failure.ago_s == STATUS_NEVER_S
		       ? remedy_of_state(t)
		       : remedy_of_failure(t->failure.text);
}
