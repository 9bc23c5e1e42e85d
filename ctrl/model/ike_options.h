/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds for IKE as a whole: strongswan.conf's charon section, as far as users
 * set it. Read by ctrl/conf, used by the engine. It carries no pointer.
 */
#ifndef CYG_MODEL_IKE_OPTIONS_H
#define CYG_MODEL_IKE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define FRAGMENT_SIZE_MIN    192U
#define FRAGMENT_SIZE_MAX    8192U
#define RETRANSMIT_TRIES_MAX 100U
#define IFACE_NAME_MAX	     16	 /* of an interface: IF_NAMESIZE */
#define RESOLVCONF_MAX	     160 /* as of an updown script */

struct ike_options {
	uint32_t fragment_size; /* octets of an IP packet */
	/*
	 * A request is sent again tries times: first after timeout_ms, then after
	 * a base (in thousandths) times as long each time, but no longer than limit_ms (0: no limit),
	 * less up to jitter per cent at random.
	 */
	uint32_t retransmit_tries;
	uint32_t retransmit_timeout_ms;
	uint32_t retransmit_base_1000;
	uint32_t retransmit_jitter_percent;
	uint32_t retransmit_limit_ms;
	bool inactivity_close_ike; /* with its last CHILD SA */
	bool make_before_break;	   /* of a reauthentication */
	bool follow_redirects;	   /* to another gateway, RFC 5685 */
	/* RSA signs by PSS where it may; else by PKCS#1 v1.5 where it may. */
	bool rsa_pss;
	bool hash_and_url; /* certificates of peers are fetched, see cert_url.h */
	/* Virtual IPs that peers give us: whether an interface gets them, and
	 * which; "": the host interface. */
	bool install_virtual_ip;
	bool has_ppks; /* the keystore has some; set by ctl, not configured */
	char install_virtual_ip_on[IFACE_NAME_MAX];
	/* DNS servers that come with them: whether resolvconf is told of them, and
	 * which: an absolute path, and words for it. */
	bool install_dns;
	char resolvconf[RESOLVCONF_MAX];
	/*
	 * IKE SAs that peers began and did not finish: with so many, of all or of
	 * one address, the next one shows a cookie first, and with so many it is
	 * turned away. 0: never.
	 */
	uint32_t cookie_threshold;
	uint32_t cookie_threshold_ip;
	uint32_t block_threshold; /* of one address */
	uint32_t init_limit_half_open;
	uint32_t half_open_timeout; /* seconds that they have */
	uint32_t ikesa_limit; /* of all that there are: no peer's comes; 0: none */
	bool initiator_only;	/* no peer's comes at all */
	bool reuse_ikesa;	/* for further children of a connection */
	bool ignore_acquire_ts; /* selectors of the packet that asks for an SA */
	bool close_ike_on_child_failure; /* of the first child that we ask for */
	uint32_t delete_rekeyed_delay;	 /* seconds; of inbound SAs */
};

/* Are they the same? */
bool ike_options_equal(const struct ike_options *a, const struct ike_options *b);

/*
 * strongSwan's defaults, but that cookies begin earlier in all and not by address,
 * that of one address, which may be a large NAT's, more may come, and that RSA signs by
 * PSS.
 */
static inline struct ike_options ike_options_default(void)
{
	return (struct ike_options){
		.fragment_size = 1280,
		.retransmit_tries = 5,
		.retransmit_timeout_ms = 4000,
		.retransmit_base_1000 = 1800,
		.follow_redirects = true,
		.rsa_pss = true,
		.install_virtual_ip = true,
		.install_dns = true,
		.resolvconf = "/sbin/resolvconf",
		.cookie_threshold = 10,
		.block_threshold = 64,
		.half_open_timeout = 30,
		.reuse_ikesa = true,
		.delete_rekeyed_delay = 5,
	};
}

#endif
