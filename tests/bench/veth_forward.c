// SPDX-License-Identifier: BSD-2-Clause
/*
 * Plain AF_XDP forwarding, what the gateway is measured against: every frame
 * that one interface receives leaves by another as it is. The ports, rings,
 * batches, memory and sleep are those of the gateway's worker; what is between
 * receiving and transmitting is missing.
 *
 *     veth_forward FROM TO
 *
 * Prints `ready` once frames flow, and runs until it is killed. The program
 * stays on FROM, and drops.
 */
#include <bpf/bpf.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>

#include "ctrl/dp/attach.h"
#include "ctrl/dp/packet.h"
#include "ctrl/dp/port_xsk.h"
#include "tests/bench/bench.h"

#define PORTS	   2U
#define POLL_TX_MS 1 /* the kernel still transmits */

struct forwarder {
	struct umem umem;
	struct port *from, *to;
};

static struct port *open_port(struct forwarder *f, const char *ifname)
{
	const struct xsk_port_spec spec = {
		.ifname = ifname,
		.ifindex = if_nametoindex(ifname),
		.tag = 1,
		.patient = true,
	};
	struct error e;
	struct port *port;

	must(spec.ifindex, "no such interface");
	must(port_xsk_open(&f->umem, &spec, &port, &e) == 0, e.text);
	return port;
}

/* return bpf_redirect_map(map, 0, XDP_DROP); */
static int load_redirect(int map_fd)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map_fd },
		{ .imm = 0 }, /* the upper half of its 64 bits */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_3,
		  .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "veth_forward", "GPL", program,
			     ARRAY_LEN(program), NULL);
}

/* Queue 0 of the port's interface into its socket. */
static void steer(const struct port *port)
{
	const struct attach_iface iface = {
		.name = port->ifname,
		.ifindex = port->ifindex,
		.xdp_ifindex = port->ifindex,
	};
	const uint32_t queue = 0;
	int map_fd = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "xsks", sizeof(queue),
				    sizeof(port->fd), 1, NULL);
	int prog_fd = load_redirect(map_fd);
	struct attachment at = { .done = false };
	struct error e;

	must(map_fd >= 0 && prog_fd >= 0, "cannot load the program");
	must(bpf_map_update_elem(map_fd, &queue, &port->fd, BPF_ANY) == 0,
	     "cannot enter the socket into the map");
	must(attach_xdp(&iface, prog_fd, &at, &e) == 0, e.text);
}

static void start(struct forwarder *f, const char *from, const char *to)
{
	must(umem_init(&f->umem, PORTS * XSK_PORT_FRAMES) == 0, "no memory");
	f->from = open_port(f, from);
	f->to = open_port(f, to);
	steer(f->from);
}

static bool move_batch(struct forwarder *f)
{
	struct port_desc desc[BATCH_MAX];
	uint32_t n = f->from->ops->rx(f->from, desc, BATCH_MAX);
	uint32_t sent = n ? f->to->ops->tx(f->to, desc, n) : 0;

	for (uint32_t i = sent; i < n; i++)
		frame_put(&f->umem, desc[i].addr);
	return n > 0;
}

/* Frames back from transmission, and free ones in to receive. */
static void refill(const struct forwarder *f, struct port *port)
{
	port->ops->complete(port);
	port->ops->fill(port, f->umem.free_count);
	port->ops->kick(port);
}

static void sleep_until_work(const struct forwarder *f)
{
	struct pollfd fds[PORTS] = {
		{ .fd = f->from->fd, .events = POLLIN },
		{ .fd = f->to->fd, .events = POLLIN },
	};

	poll(fds, PORTS, f->to->in_tx ? POLL_TX_MS : -1);
}

int main(int argc, char **argv)
{
	static struct forwarder f;
	bool any;

	must(argc == 3, "usage: veth_forward FROM TO");
	start(&f, argv[1], argv[2]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		any = move_batch(&f);
		refill(&f, f.from);
		refill(&f, f.to);
		if (!any)
			sleep_until_work(&f);
	}
}
