// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/conn.h"

#include <stdlib.h>

#define CONN_REKEY_TIME	 (4U * 3600U)
#define CHILD_REKEY_TIME 3600U
#define REPLAY_WINDOW	 32U

void conn_fini(struct conn_conf *conn)
{
	free(conn->children);
	conn->children = NULL;
	conn->n_children = 0;
}

void psk_fini(struct psk_conf *psk)
{
	secret_wipe(&psk->key);
	free(psk->owners);
	psk->owners = NULL;
	psk->n_owners = 0;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void conn_times(struct conn_conf *conn)
{
	if (conn->rekey_time == TIME_UNSET)
		conn->rekey_time = CONN_REKEY_TIME;
	if (conn->over_time == TIME_UNSET)
		conn->over_time = conn->rekey_time / 10;
	if (conn->rand_time == TIME_UNSET)
		conn->rand_time = smaller(conn->over_time, conn->rekey_time / 2);
}

void child_times(struct child_conf *child)
{
	if (child->rekey_time == TIME_UNSET)
		child->rekey_time = CHILD_REKEY_TIME;
	if (child->life_time == TIME_UNSET) {
		uint64_t life = child->rekey_time * 110ULL / 100;

		child->life_time =
			life < TIME_UNSET ? (uint32_t)life : TIME_UNSET - 1;
	}
	if (child->rand_time == TIME_UNSET)
		child->rand_time = child->life_time -
				   smaller(child->life_time, child->rekey_time);
}

void conn_init(struct conn_conf *conn)
{
	*conn = (struct conn_conf){
		.local_addrs[0].any = true,
		.remote_addrs[0].any = true,
		.n_local_addrs = 1,
		.n_remote_addrs = 1,
		.local_port = IKE_PORT,
		.remote_port = IKE_PORT,
		.rekey_time = TIME_UNSET,
		.over_time = TIME_UNSET,
		.rand_time = TIME_UNSET,
		.keyingtries = 1,
	};
	proposals_default(IKE_PROTO_IKE, &conn->proposals);
	conn_times(conn);
}

void child_init(struct child_conf *child)
{
	const struct ts_conf dynamic = { .dynamic = true,
					 .port_max = UINT16_MAX };

	*child = (struct child_conf){
		.local_ts[0] = dynamic,
		.remote_ts[0] = dynamic,
		.n_local_ts = 1,
		.n_remote_ts = 1,
		.policy = UINT32_MAX,
		.start_action = CHILD_NONE,
		.dpd_action = CHILD_NONE,
		.close_action = CHILD_NONE,
		.rekey_time = TIME_UNSET,
		.life_time = TIME_UNSET,
		.rand_time = TIME_UNSET,
		.replay_window = REPLAY_WINDOW,
	};
	proposals_default(IKE_PROTO_ESP, &child->proposals);
	child_times(child);
}

bool conn_addr_is_host(const struct conn_addr *a)
{
	return !a->any && a->net.bits == (addr_is_v4(&a->net.net) ? 32 : 128);
}
