/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be seen of IKE SAs and their children: the public part of the
 * state mirror, which list-sas and status read. No secret is in it. The structs
 * carry no pointer: they cross processes as they are. Times are of clock_ns().
 */
#ifndef CYG_MODEL_SAS_H
#define CYG_MODEL_SAS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"
#include "include/drop.h"

/* IKE SAs at once, and CHILD SAs, of which is kept what there is to know. */
#define IKE_SAS_MAX 32768U

enum sa_view_state {
	SA_VIEW_CONNECTING, /* CHILD SA: being installed */
	SA_VIEW_UP,	    /* ESTABLISHED, INSTALLED */
	SA_VIEW_REKEYING,
	SA_VIEW_REKEYED, /* another one has taken its place */
	SA_VIEW_DELETING,
	SA_VIEW_GONE, /* the last that is heard of it */
};

struct ike_sa_view {
	uint32_t id;	   /* not used again while ike runs */
	uint8_t state;	   /* enum sa_view_state */
	uint8_t initiator; /* yes or no, as the four below */
	uint8_t nat_local; /* a NAT before us; before the peer */
	uint8_t nat_remote;
	char conn[CONN_NAME_MAX];
	uint64_t spi_i;
	uint64_t spi_r;
	struct addr local, remote;
	uint16_t local_port, remote_port; /* host order */
	uint16_t encr; /* numbers of include/ike.h; 0: not yet, or none */
	uint16_t encr_key_bits;
	uint16_t integ;
	uint16_t prf;
	uint16_t ke;
	uint16_t addke[IKE_ADDKES]; /* additional key exchanges; 0: none */
	uint8_t ppk;		    /* yes or no: one is mixed into its keys */
	uint8_t tcp;		    /* yes or no: in a TCP connection */
	uint64_t established_ns;    /* 0: not yet */
	uint64_t rekey_ns;	    /* 0: never */
	uint64_t reauth_ns;	    /* likewise */
	/* Virtual IPs, ours and the peer's, and the DNS servers behind it. */
	uint8_t n_local_vips, n_remote_vips, n_dns;
	struct addr local_vips[CONN_VIPS_MAX], remote_vips[CONN_VIPS_MAX];
	struct addr dns[CONN_DNS_MAX];
	struct identity local_id, remote_id;
};

struct child_sa_view {
	uint32_t id;
	uint32_t ike_id;
	uint8_t state; /* enum sa_view_state */
	uint8_t encap; /* ESP in UDP */
	uint8_t tcp;   /* ESP in TCP */
	uint8_t esn;
	uint8_t mode;	  /* enum sadb_mode */
	uint8_t protocol; /* IKE_PROTO_ESP or IKE_PROTO_AH, which has no encr */
	uint8_t of_cpus;  /* one of those for each CPU */
	uint8_t cpu;	  /* of these: a worker's number and 1; 0: of none */
	char name[CONN_NAME_MAX];
	uint32_t policy;
	uint32_t if_id_in, if_id_out; /* 0: none */
	uint32_t spi_in, spi_out;     /* host order */
	uint16_t encr;
	uint16_t encr_key_bits;
	uint16_t integ;
	uint16_t ke; /* 0: no PFS */
	uint16_t addke[IKE_ADDKES];
	uint64_t installed_ns;
	uint64_t rekey_ns; /* 0: never */
	uint64_t expire_ns;
	uint32_t n_selectors;
	struct sadb_selector selectors[SADB_SELECTORS_MAX];
	struct sadb_counters in, out; /* of the data path; 0 in the mirror */
	uint64_t path_mtu; /* likewise; as a router says, 0: none does */
};

/* What a CHILD SA dropped, by reason, and what was lost before it came. */
struct sa_drops {
	uint64_t in[DROP_MAX], out[DROP_MAX];
	uint64_t lost_in;
};

/* A snapshot, in the order of ids: that in which they came. */
struct sas {
	struct ike_sa_view *ike;
	size_t n_ike;
	struct child_sa_view *child;
	size_t n_child;
	struct sa_drops *drops; /* of each child; NULL: not known */
};

/*
 * The same where they are kept, without a copy of each: of an IKE SA there is nothing
 * from its identities on, and of a CHILD SA nothing from its selectors on.
 */
struct sa_heads {
	const struct ike_sa_view *const *ike;
	size_t n_ike;
	const struct child_sa_view *const *child;
	size_t n_child;
};

/* NULL is fine. */
void sas_free(struct sas *s);

#endif
