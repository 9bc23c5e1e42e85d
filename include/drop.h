/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every reason for which Cygnet loses a packet: one line each, with the name
 * that `cygnet drops` and the logs show, and what it means to an operator.
 * BPF and workers count into these; what the kernel drops after our verdict
 * is read from its own statistics and shown under the last group.
 */
#ifndef CYG_INCLUDE_DROP_H
#define CYG_INCLUDE_DROP_H

/* clang-format off */
#define DROP_REASONS(X)                                                        \
	/* counted by the BPF programs */                                      \
	X(IPSEC_FRAGMENT, "ipsec_fragment", "fragment for us with headers in front of ESP, AH or UDP that only its first one has") \
	X(ESP_TRUNCATED,  "esp_truncated",  "ESP or AH packet too short for its header, or UDP around it lies about its length") \
	X(NAT_KEEPALIVE,  "nat_keepalive",  "keeps a NAT's mapping alive (RFC 3948 section 2.3), discarded as intended") \
	X(SPI_RESERVED,	  "spi_reserved",   "SPI 0 to 255 (RFC 4303 section 2.1)")  \
	X(SPI_UNKNOWN,	  "spi_unknown",    "no SA for destination, protocol and SPI")  \
	X(PLAINTEXT_IN,	  "plaintext_in",   "arrived in the clear, but a PROTECT policy covers it, or would as a packet from behind us") \
	X(POLICY_DISCARD, "policy_discard", "a DISCARD policy matched")             \
	X(DEFAULT_DISCARD, "default_discard", "no policy matched and gateway.default is discard") \
	X(NO_WORKER,	  "no_worker",	    "no worker behind this queue: the daemon is down") \
	X(UNPARSED,	  "unparsed",	    "not understood, or to be sent on by a source route, where a PROTECT policy might cover it") \
	X(NAT_ESCAPE,	  "nat_escape",	    "NAT changed what a PROTECT policy covers; it would have left in the clear: exempt it from NAT, by gateway.mark or by its addresses") \
	X(REDIRECT,	  "redirect",	    "the kernel told somebody outside to go around this gateway (ICMP redirect), where a PROTECT policy might cover what he sends") \
	X(ICMP_QUOTE,	  "icmp_quote",	    "an ICMP error quoted a packet that a PROTECT policy covers, and no SA is up for the way back (RFC 4301 section 6.2), or it came from outside") \
	X(ICMP_SPI,	  "icmp_spi",	    "an ICMP error said that a packet of ours was too big, but no SA of ours has the SPI that it quotes: forged, or late") \
	X(FRAGMENT_LATE,  "fragment_late",  "the first fragment of UDP in the clear came behind a later one: of what waited for it only IKE is put together") \
	X(NO_TUNNEL,	  "no_tunnel",	    "routed to a tunnel interface (if_id) whose tunnel has no policy for it, or out of a tunnel whose interface is gone") \
	X(STEER_FAILED,	  "steer_failed",   "metadata or host tag could not be attached") \
	/* counted by the workers, of what is not put together yet; the one     \
	 * about too many by the BPF programs as well */                       \
	X(FRAGMENT_WRONG, "fragment_wrong", "fragment that no packet has: empty, not of eighths, beyond what IP can say, or behind too long headers") \
	X(FRAGMENT_OVERLAP, "fragment_overlap", "fragments of a packet overlap, or end it in two places: all of it is dropped (RFC 5722)") \
	X(FRAGMENT_DUPLICATE, "fragment_duplicate", "fragment that was there already") \
	X(FRAGMENT_FULL,  "fragment_full",  "the oldest of too many packets whose fragments wait, one of too many fragments, or more that came before their first one than a CPU takes in a second") \
	X(FRAGMENT_TIMEOUT, "fragment_timeout", "not all fragments of the packet came in time") \
	/* counted by both */                                                  \
	X(IP_MALFORMED,	  "ip_malformed",   "IP header truncated, its lengths lie, or its checksum is wrong")  \
	X(FRAGMENT_PORTS, "fragment_ports", "later fragment, which shows no ports, of what a policy or an SA may carry by its ports (RFC 4301 section 7), or of ICMP in the clear behind no first one that passed") \
	X(NO_SA,	  "no_sa",	    "a PROTECT policy matched, but no SA is bound to it, or none in time") \
	X(JUMBO,	  "jumbo",	    "larger than a frame of AF_XDP, where the kernel (before Linux 6.6) carries none in several, or its headers are not in the first piece: lower the MTU, or boot Linux 6.6") \
	X(ICMP_LIMIT,	  "icmp_limit",	    "more ICMP errors that packets of an SA were too big than a CPU takes in a second, or than were worked off yet") \
	/* counted by the workers */                                           \
	X(META_MISSING,	  "meta_missing",   "frame without the metadata of this start's programs") \
	X(POLICY_STALE,	  "policy_stale",   "policy changed between the guard's verdict and the worker") \
	X(SA_GONE,	  "sa_gone",	    "SA removed or replaced between verdict and worker") \
	X(TOO_BIG,	  "too_big",	    "does not fit the path once protected") \
	X(LIFETIME,	  "lifetime",	    "the SA has carried all that it may, or its time is over; rekey it") \
	X(ICMP_FALSE,	  "icmp_false",	    "an ICMP error said that a packet of this SA was too big, and cannot be right: damaged, about no packet that was sent lately, or of an MTU below 1280 in IPv6") \
	X(SEQ_EXHAUSTED,  "seq_exhausted",  "outbound sequence number used up; rekey the SA") \
	X(SEQ_RESERVED,	  "seq_reserved",   "the next sequence number was not on disk in time, and manual keys in counter mode never use one that is not; the log says what is wrong with the state file") \
	X(ESP_LENGTH,	  "esp_length",	    "ESP payload not a whole number of cipher blocks, or too short, or an AH header of another length than its algorithm has") \
	X(REPLAY,	  "replay",	    "sequence number seen before, or left of the window") \
	X(ICV,		  "icv",	    "integrity check failed: forged, damaged, or keys differ") \
	X(PADDING,	  "padding",	    "padding after decryption is not 1, 2, 3 …") \
	X(NEXT_HEADER,	  "next_header",    "what ESP carries is not of its SA's mode: no IP packet in tunnel mode, or one in transport mode whose policy does not name that protocol (4 or 41)") \
	X(TRANSPORT,	  "transport",	    "not for transport mode, which carries whole packets of this host's own: it is a fragment, or was to be forwarded") \
	X(BUNDLE,	  "bundle",	    "ESP that is to come in AH came without it or in another one's, or AH that is to carry ESP carried something else") \
	X(DUMMY,	  "dummy",	    "dummy packet (next header 59), discarded as intended") \
	X(INNER_MALFORMED, "inner_malformed", "protected packet truncated, its lengths lie, its checksum is wrong, or it is not of the family that ESP says") \
	X(SELECTOR,	  "selector",	    "packet is outside the selectors of its SA, as negotiated, or a source route leads there") \
	X(ICMP_SELECTOR,  "icmp_selector",  "an ICMP error came through an SA that is not that of the packet which it quotes (RFC 4301 section 6.2, icmp_quote_check)") \
	X(ECN,		  "ecn",	    "outer header says congestion, the protected packet can't carry it (RFC 6040)") \
	X(NO_ROUTE,	  "no_route",	    "the kernel has no usable route to the next hop") \
	X(ROUTE_REFUSES,  "route_refuses",  "the kernel's route is a blackhole, unreachable or prohibited") \
	X(NO_NEIGHBOUR,	  "no_neighbour",   "the next hop did not answer ARP or ND in time") \
	X(HOLD_FULL,	  "hold_full",	    "too many packets wait for a next hop") \
	X(HANDOFF_FULL,	  "handoff_full",   "the worker that owns the SA, or the way out, is too slow for what others have for it") \
	X(TX_FULL,	  "tx_full",	    "transmit ring full: the link is slower than the traffic") \
	X(STREAM_FULL,	  "stream_full",    "the process of TCP connections is slower than what goes by them") \
	X(STREAM_GONE,	  "stream_gone",    "the SA's TCP connection is gone and no other one there yet, or the process that holds them is") \
	X(HOST_UNTAGGED,  "host_untagged",  "frame on the host interface that the guard did not send") \
	X(HOST_WRITE,	  "host_write",	    "the host interface did not take a packet") \
	X(HOST_READ,	  "host_read",	    "frame from the host interface is no IP packet, or too long") \
	X(CRYPTO,	  "crypto",	    "the crypto backend failed") \
	X(WORKER_DIED,	  "worker_died",    "with a worker as its daemon ended, or waiting as the next one started; at most so many") \
	/* counted by the kernel */                                            \
	X(XSK_RX,	  "xsk_rx",	    "AF_XDP: no frame in the fill ring, or frame too long") \
	X(XSK_RX_FULL,	  "xsk_rx_full",    "AF_XDP: receive ring full, the worker is too slow") \
	X(XSK_TX_INVALID, "xsk_tx_invalid", "AF_XDP: the kernel refused a transmit descriptor") \
	X(HOST_QUEUE,	  "host_queue",	    "host interface: queue full, or nobody reads it") \
	X(LINK_TX,	  "link_tx",	    "an interface that we serve did not transmit (anybody's packets)")
/* clang-format on */

enum drop_reason {
	DROP_NONE,
#define X(id, name, text) DROP_##id,
	DROP_REASONS(X)
#undef X
		DROP_MAX
};

/* A worker may count these for an SA, and no others. */
#define DROP_SA_FIRST DROP_IP_MALFORMED
#define DROP_SA_LAST  DROP_WORKER_DIED
#define DROP_SA_MAX   (DROP_SA_LAST - DROP_SA_FIRST + 1)

#endif
