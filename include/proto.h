/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the protocols that both sides of the BPF border speak. One value
 * a line, with its source.
 */
#ifndef CYG_INCLUDE_PROTO_H
#define CYG_INCLUDE_PROTO_H

#define ETH_HEADER_BYTES 14U /* IEEE 802.3 */
#define ETH_TYPE_BYTES	 2U  /* IEEE 802.3: the last ones of it */

#define VLAN_HEADER_BYTES 4U	 /* IEEE 802.1Q: a tag, its TPID included */
#define VLAN_VID_MASK	  0x0fff /* IEEE 802.1Q: in the TCI */

#define IPV4_HEADER_BYTES     20U /* RFC 791 section 3.1, without options */
#define IPV4_HEADER_MAX_BYTES 60U /* RFC 791 section 3.1 */
#define IPV4_MTU_MIN	      68U /* RFC 791 section 3.2: every link takes it */
#define IPV4_PATH_MIN	      576U /* RFC 791 section 3.1: every host takes it */
#define IPV4_ID_AT	      4	   /* RFC 791 section 3.1 */
#define IPV4_CHECKSUM_AT      10   /* RFC 791 section 3.1 */
#define IPV4_DF		      0x4000 /* RFC 791 section 3.1, host order */
#define IPV4_FRAGMENT_MASK    0x3fff /* MF and offset, host order */
#define IPV4_OFFSET_MASK      0x1fff /* offset alone, host order */

#define IPV6_HEADER_BYTES   40U	  /* RFC 8200 section 3 */
#define IPV6_HOP_LIMIT_AT   7	  /* RFC 8200 section 3 */
#define IPV6_MTU_MIN	    1280U /* RFC 8200 section 5: every link takes it */
#define IPV6_FRAGMENT_BYTES 8U	  /* RFC 8200 section 4.5 */
#define IPV6_EXTENSIONS_MAX 6U	  /* our limit: so many are stepped over */
#define IPV6_UNIT_BYTES	    8U	  /* RFC 8200 section 4: of extension headers */
#define IPV6_OFFSET_MASK    0xfff8 /* RFC 8200 section 4.5, host order */
#define IPV6_MF		    0x0001 /* RFC 8200 section 4.5, host order */
#define IPV6_SEGMENTS_MASK  0x00ff /* RFC 8200 section 4.4: left, host order */
#define IPV6_FLOWINFO_MASK  0x0fffffff /* traffic class and label, host order */
#define IPV6_TCLASS_SHIFT   20 /* RFC 8200 section 3: in the first word */

#define EXT_HOP_BY_HOP	 0  /* RFC 8200 section 4.3 */
#define EXT_ROUTING	 43 /* RFC 8200 section 4.4 */
#define EXT_FRAGMENT	 44 /* RFC 8200 section 4.5 */
#define EXT_DEST_OPTIONS 60 /* RFC 8200 section 4.6 */

#define ECN_MASK    0x03 /* RFC 3168 section 5: in TOS or traffic class */
#define ECN_NOT_ECT 0x00
#define ECN_ECT_1   0x01
#define ECN_ECT_0   0x02
#define ECN_CE	    0x03

#define IPV4_MF		0x2000 /* RFC 791 section 3.1, host order */
#define IPV4_OPT_END	0      /* RFC 791 section 3.1 */
#define IPV4_OPT_NOP	1
#define IPV4_OPT_COPIED 0x80 /* flag: stands in every fragment */
#define IPV4_OPT_LSRR	131  /* loose source route */
#define IPV4_OPT_SSRR	137  /* strict source route */

#define ICMP_HEADER_BYTES      8U /* RFC 792 */
#define ICMP_ERROR_MAX	       576U /* RFC 1812 section 4.3.2.3, with the IP header */
#define ICMP_ECHO_REPLY	       0  /* RFC 792 */
#define ICMP_UNREACHABLE       3  /* RFC 792 */
#define ICMP_FRAG_NEEDED       4  /* RFC 1191 section 4: a code of it */
#define ICMP_SOURCE_QUENCH     4  /* RFC 792 */
#define ICMP_REDIRECT	       5  /* RFC 792 */
#define ICMP_ECHO	       8  /* RFC 792 */
#define ICMP_TIME_EXCEEDED     11 /* RFC 792 */
#define ICMP_PARAMETER_PROBLEM 12 /* RFC 792 */
#define ICMP_TIMESTAMP	       13 /* RFC 792 */
#define ICMP_TIMESTAMP_REPLY   14 /* RFC 792 */

#define ICMPV6_ERROR_MAX IPV6_MTU_MIN /* RFC 4443 section 2.4 c */
#define ICMPV6_TOO_BIG	 2	      /* RFC 4443 section 3.2 */
#define ICMPV6_INFO_MIN	 128 /* RFC 4443 section 2.1: below it, errors */
#define ICMPV6_REDIRECT	 137 /* RFC 4861 section 4.5 */

#define ND_ROUTER_SOLICITATION 133 /* RFC 4861 section 4.1 */
#define ND_REDIRECT	       137 /* RFC 4861 section 4.5, the last of ND */
#define ND_HOP_LIMIT	       255 /* RFC 4861 section 3.1: not forwarded */

#define TCP_HEADER_BYTES  20U  /* RFC 9293 section 3.1, without options */
#define TCP_SYN		  0x02 /* RFC 9293 section 3.1: a control bit */
#define TCP_OPT_END	  0    /* RFC 9293 section 3.2 */
#define TCP_OPT_NOP	  1
#define TCP_OPT_MSS	  2
#define TCP_OPT_MSS_BYTES 4

#define PORTS_BYTES	4U /* source and destination: TCP, UDP and kin */
/* RFC 7296 section 3.13.1: a range that says OPAQUE (RFC 4301 section 4.4.1.2), what
 * shows no ports. */
#define PORT_OPAQUE_MIN 65535
#define PORT_OPAQUE_MAX 0

#define ICMP_TYPE_CODE_BYTES 2U /* RFC 792; RFC 4443 section 2.1 */
#define MH_TYPE_AT	     2U /* RFC 6275 section 6.1.1 */

#define PROTO_ANY     0	  /* RFC 4301 section 4.4.1.1: ANY */
#define PROTO_ICMP    1	  /* RFC 792 */
#define PROTO_IPIP    4	  /* RFC 2003; ESP next header in tunnel mode */
#define PROTO_TCP     6	  /* RFC 9293 */
#define PROTO_UDP     17  /* RFC 768 */
#define PROTO_DCCP    33  /* RFC 4340 */
#define PROTO_IPV6    41  /* RFC 2473; ESP next header in tunnel mode */
#define PROTO_GRE     47  /* RFC 2784 */
#define PROTO_ESP     50  /* RFC 4303 section 2 */
#define PROTO_AH      51  /* RFC 4302 section 2 */
#define PROTO_ICMPV6  58  /* RFC 4443 */
#define PROTO_NONE    59  /* RFC 4303 section 2.6: dummy packet */
#define PROTO_SCTP    132 /* RFC 9260 */
#define PROTO_MH      135 /* RFC 6275 section 6.1.1: Mobility Header */
#define PROTO_UDPLITE 136 /* RFC 3828 */

#define UDP_HEADER_BYTES 8U    /* RFC 768 */
#define NATT_KEEPALIVE	 0xffU /* RFC 3948 section 2.3: the only octet */
#define DHCP_SERVER_PORT 67    /* RFC 2131 section 4.1 */
#define DHCP_CLIENT_PORT 68    /* RFC 2131 section 4.1 */

#define ESP_HEADER_BYTES  8U   /* RFC 4303 section 2: SPI, sequence number */
#define ESP_TRAILER_BYTES 2U   /* RFC 4303 section 2: pad length, next header */
#define AH_HEADER_BYTES	  12U  /* RFC 4302 section 2, before the ICV */
#define AH_SPI_AT	  4U   /* RFC 4302 section 2 */
#define SPI_RESERVED_MAX  255U /* RFC 4303 section 2.1 */

#endif
