/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inbound SAs by the number, and a program that looks up a random one of them: what
 * sad_find() in bpf/sad.h does, and nothing else.
 */
#ifndef CYG_BENCH_SAD_LOOKUP_H
#define CYG_BENCH_SAD_LOOKUP_H

#include <stddef.h>

#include <bpf/bpf.h>

#include "include/proto.h"
#include "include/sad.h"
#include "tests/bench/bench.h"
#include "tests/bpf/table.h"

/* Inbound SAs, each with a slot of its own among the first ones. */
struct spread {
	uint32_t sas;
	uint32_t slots; /* a power of two */
};

/* As ctrl/dp/sadb_spi.c has it where as many are outbound. room: of the map. */
static inline struct spread spread_of(uint32_t sas, uint32_t room)
{
	uint32_t slots = sad_slots_for(2 * sas);

	if (slots < 1024)
		slots = 1024;
	return (struct spread){ sas, slots < room ? slots : room };
}

/* The factor is odd: each has another slot, in an order that no cache foresees. */
static inline uint32_t spi_of(const struct spread *s, uint32_t i)
{
	return ((i + 1) * 2654435761U & (s->slots - 1)) | 1U << 31;
}

#define KEY_AT -((int)sizeof(struct sad_key)) /* on the stack */
#define AT_AT  (KEY_AT - 8)		      /* likewise */

#define INSN(op, to, from, where, number)            \
	((struct bpf_insn){ .code = (op),            \
			    .dst_reg = (to),         \
			    .src_reg = (from),       \
			    .off = (int16_t)(where), \
			    .imm = (int32_t)(number) })

/* The map of that name that the program uses. */
static inline int map_of(int prog_fd, const char *name)
{
	uint32_t ids[64];
	struct bpf_prog_info prog = { .nr_map_ids = ARRAY_LEN(ids),
				      .map_ids = (uintptr_t)ids };
	uint32_t len = sizeof(prog);

	must(bpf_obj_get_info_by_fd(prog_fd, &prog, &len) == 0, "no maps");
	for (uint32_t i = 0; i < prog.nr_map_ids; i++) {
		struct bpf_map_info map = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		must(bpf_obj_get_info_by_fd(fd, &map, &len) == 0, "no map");
		if (strcmp(map.name, name) == 0)
			return fd;
		close(fd);
	}
	must(false, "the program has no such map");
	return -1;
}

/* The maps in which an inbound SA is looked up. */
struct sad_fds {
	int sad, slots;
};

/* Of a random SA: in r6 the SPI in network order, on the stack the key and the
 * number of the slot. */
static inline size_t put_key(const struct spread *s, struct bpf_insn *out)
{
	const uint32_t gateway = inet_addr(GATEWAY_OUT);
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
		INSN(BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0, s->sas),
		INSN(BPF_ALU | BPF_ADD | BPF_K, 0, 0, 0, 1),
		INSN(BPF_ALU | BPF_MUL | BPF_K, 0, 0, 0, 2654435761U),
		INSN(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0, s->slots - 1),
		INSN(BPF_STX | BPF_MEM | BPF_W, 10, 0, AT_AT, 0),
		INSN(BPF_ALU | BPF_OR | BPF_K, 0, 0, 0, 1U << 31),
		INSN(BPF_ALU | BPF_MOV | BPF_X, 6, 0, 0, 0),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 6, 0, 0, 32),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 7, 0, 0, htonl(0xffff)),
		INSN(0, 0, 0, 0, gateway),
		INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, KEY_AT, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 7, KEY_AT + 8, 0),
		INSN(BPF_STX | BPF_MEM | BPF_W, 10, 6, KEY_AT + 16, 0),
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, KEY_AT + 20, PROTO_ESP),
	};

	memcpy(out, insns, sizeof(insns));
	return ARRAY_LEN(insns);
}

/* As sad_find() has it (bpf/sad.h): the SA, or a null pointer, in r0. */
static inline size_t put_lookup(const struct sad_fds *fds, struct bpf_insn *out)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, AT_AT),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0,
		     fds->slots),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 13, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 0, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 2, 0, 8, 0),
		INSN(BPF_ALU64 | BPF_XOR | BPF_X, 2, 7, 0, 0),
		INSN(BPF_ALU64 | BPF_OR | BPF_X, 1, 2, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 0, 16, 0),
		INSN(BPF_ALU64 | BPF_XOR | BPF_X, 2, 6, 0, 0),
		INSN(BPF_ALU64 | BPF_OR | BPF_X, 1, 2, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_B, 2, 0, 20, 0),
		INSN(BPF_ALU64 | BPF_XOR | BPF_K, 2, 0, 0, PROTO_ESP),
		INSN(BPF_ALU64 | BPF_OR | BPF_X, 1, 2, 0, 0),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 1, 0, 2, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0,
		     offsetof(struct sad_slot, sa)),
		INSN(BPF_JMP | BPF_JA, 0, 0, 5, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, KEY_AT),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0,
		     fds->sad),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
	};

	memcpy(out, insns, sizeof(insns));
	return ARRAY_LEN(insns);
}

/* fds: NULL: the key alone. The verdict of what is found is XDP_DROP. */
static inline int load_lookup(const struct sad_fds *fds, const struct spread *s)
{
	const struct bpf_insn end[] = {
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_DROP),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	struct bpf_insn all[64];
	size_t k = put_key(s, all);
	int fd;

	if (fds)
		k += put_lookup(fds, all + k);
	else
		all[k++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	memcpy(all + k, end, sizeof(end));
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "lookup", "GPL", all,
			   k + ARRAY_LEN(end), NULL);
	must(fd >= 0, "cannot load the lookup");
	return fd;
}

#endif
