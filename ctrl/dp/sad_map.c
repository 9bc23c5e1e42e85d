// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/sad_map.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t slots_bytes(const struct sad_map *m)
{
	return m->slots * sizeof(*m->slot);
}

int sad_map_open(const struct bpf_map *sad, const struct bpf_map *slots,
		 struct sad_map *out)
{
	struct sad_map m = {
		.fd = bpf_map__fd(sad),
		.slots = bpf_map__max_entries(slots),
	};

	m.slot = mmap(NULL, slots_bytes(&m), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(slots), 0);
	if (m.slot == MAP_FAILED)
		return -errno;
	*out = m;
	return 0;
}

void sad_map_close(struct sad_map *m)
{
	if (m->slot)
		munmap(m->slot, slots_bytes(m));
	m->slot = NULL;
}

static struct sad_slot *slot_of(const struct sad_map *m,
				const struct sad_key *key)
{
	return &m->slot[ntohl(key->spi) & (m->slots - 1)];
}

/* The SPI comes last and goes first: BPF reads it before what it leads to. Who
 * reads meanwhile may take one SA for another, of which the worker finds that the
 * packet has not its SPI. */
static void slot_set_spi(struct sad_slot *slot, __be32 spi)
{
	__atomic_store_n(&slot->key.spi, spi, __ATOMIC_SEQ_CST);
}

static void slot_fill(struct sad_slot *slot, const struct sad_key *key,
		      struct sa_ref sa)
{
	slot->key.daddr = key->daddr;
	slot->key.protocol = key->protocol;
	slot->sa = sa;
	slot_set_spi(slot, key->spi);
}

int sad_map_add(struct sad_map *m, const struct sad_key *key, struct sa_ref sa)
{
	struct sad_slot *slot = slot_of(m, key);

	if (bpf_map_update_elem(m->fd, key, &sa, BPF_ANY))
		return -errno;
	/* Or the SA's own, which has moved. */
	if (!slot->key.spi || memcmp(&slot->sa, &sa, sizeof(sa)) == 0)
		slot_fill(slot, key, sa);
	return 0;
}

int sad_map_del(struct sad_map *m, const struct sad_key *key)
{
	struct sad_slot *slot = slot_of(m, key);

	if (memcmp(&slot->key, key, sizeof(*key)) == 0)
		slot_set_spi(slot, 0);
	return bpf_map_delete_elem(m->fd, key) ? -errno : 0;
}
