// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/conntrack.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MODULE "nf_conntrack"

static const struct btf_type *find_struct(const struct btf *btf,
					  const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
}

/* In bytes; false: there is none of that name, or it begins within an octet. */
static bool find_member(const struct btf *btf, const struct btf_type *t,
			const char *name, uint32_t *out)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t bits = btf_member_bit_offset(t, i);

		if (strcmp(btf__name_by_offset(btf, m->name_off), name) != 0)
			continue;
		*out = bits / 8;
		return bits % 8 == 0;
	}
	return false;
}

/* hash: struct nf_conntrack_tuple_hash, in which a tuple is. */
static int find_tuples(const struct btf *btf, const struct btf_type *hash,
		       uint32_t first, struct conntrack_layout *out)
{
	const struct btf_type *tuple = find_struct(btf, "nf_conntrack_tuple");
	uint32_t dst, in_hash;

	if (!tuple || tuple->size != sizeof(struct conntrack_tuple) ||
	    !find_member(btf, tuple, "dst", &dst) ||
	    dst != offsetof(struct conntrack_tuple, dst) ||
	    !find_member(btf, hash, "tuple", &in_hash))
		return -EPROTO;
	out->tuple = first + in_hash;
	out->reply_tuple = out->tuple + hash->size;
	return 0;
}

int conntrack_find_in(const struct btf *btf, struct conntrack_layout *out)
{
	const struct btf_type *skb = find_struct(btf, "sk_buff");
	const struct btf_type *ct = find_struct(btf, "nf_conn");
	const struct btf_type *hash =
		find_struct(btf, "nf_conntrack_tuple_hash");
	struct conntrack_layout found;
	uint32_t tuples;
	int err;

	memset(out, 0, sizeof(*out));
	if (!skb)
		return -ENOENT;
	if (!find_member(btf, skb, "_nfct", &found.skb_nfct))
		return ct ? -EPROTO : 0;
	if (!ct || !hash)
		return -ENOENT;
	if (!find_member(btf, ct, "status", &found.status) ||
	    !find_member(btf, ct, "tuplehash", &tuples))
		return -EPROTO;
	err = find_tuples(btf, hash, tuples, &found);
	if (!err)
		*out = found;
	return err;
}

/* Not every kernel has them in its own types; the module's are there once it is
 * loaded. */
static int find_in_module(struct btf *kernel, struct conntrack_layout *out)
{
	struct btf *module = btf__load_module_btf(MODULE, kernel);
	int err;

	if (!module)
		return -ENOENT;
	err = conntrack_find_in(module, out);
	btf__free(module);
	return err;
}

int conntrack_find(struct conntrack_layout *out)
{
	struct btf *btf;
	int err;

	memset(out, 0, sizeof(*out));
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS,
				    BPF_FUNC_probe_read_kernel, NULL) != 1)
		return -EOPNOTSUPP;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -ENOENT;
	err = conntrack_find_in(btf, out);
	if (err == -ENOENT)
		err = find_in_module(btf, out);
	btf__free(btf);
	return err;
}
