/* SPDX-License-Identifier: BSD-2-Clause */
/* A frame of a flow, as it comes or goes. */
#ifndef CYG_TESTS_BPF_FLOW_FRAME_H
#define CYG_TESTS_BPF_FLOW_FRAME_H

#include "ctrl/base/addr.h"
#include "include/flow.h"
#include "include/meta.h"
#include "tests/bpf/frame.h"

/* IPv4; where the flow shows no ports, of a protocol that has them it is a later
 * fragment. */
static inline void flow_frame(const struct flow *flow, enum dp_dir dir,
			      struct frame *f)
{
	const uint32_t local = addr_v4_be(&flow->local);
	const uint32_t remote = addr_v4_be(&flow->remote);
	const bool out = dir == DIR_OUT;
	const struct frame_spec spec = {
		.saddr = "0.0.0.1",
		.daddr = "0.0.0.1",
		.protocol = flow->protocol,
		.overwrite = { flow->has_ports ? 0 : AT_FRAGMENT, 100 },
	};
	const size_t ip = ETH_HEADER_BYTES, above = ip + IPV4_HEADER_BYTES;

	frame_build(&spec, f);
	memcpy(f->octets + ip + 12, out ? &local : &remote, 4);
	memcpy(f->octets + ip + 16, out ? &remote : &local, 4);
	if (!flow->has_ports)
		return;
	frame_wr16(f, above, out ? flow->local_port : flow->remote_port);
	frame_wr16(f, above + 2, out ? flow->remote_port : flow->local_port);
}

#endif
