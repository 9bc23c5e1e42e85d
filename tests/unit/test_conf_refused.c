// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every mistake that a configuration can hold: each row is the good file with
 * one thing changed, and the line with which it is refused.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/crypto/alg.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

struct refused {
	const char *name;
	const char *find;
	const char *replace;
	const char *error;
};

#define FORM_IFACES                                                   \
	"must be interface names of 1 to 15 characters without '/', " \
	"':', separated by commas"
#define KNOWN_INTEG                                                      \
	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac, and " \
	"the weak md5, md5_128"
#define USE_ANOTHER                                                    \
	"; use aes256-sha256, or set gateway.allow_weak_algorithms = " \
	"yes if the peer can do nothing better"
#define FORM_SECRET "must be 0x and hexadecimal digits, two for each octet"
#define FORM_PREFIX                                                      \
	"must be one prefix such as 10.1.0.0/24 or 2001:db8::/48, or a " \
	"range such as 10.1.0.5-10.1.0.9"
#define POLICY_KEYS                                          \
	"action, direction, local_ts, remote_ts, protocol, " \
	"local_ports, remote_ports, icmp, mh, manual"
#define PROVIDERS                                                             \
	"up to 4 names of OpenSSL's providers, separated by commas, default " \
	"or fips among them"
#define FORM_PORTS "must be a port, or a range such as 1024-2048"
#define FORM_ICMP                                                  \
	"must be a type such as 8, with a code such as 3/4, or a " \
	"range such as 3/0-3/15"
#define FORM_MH                                                            \
	"must be a type of Mobility Header such as 5, or a range such as " \
	"5-6"
#define NO_NAME                                                      \
	"a name can't begin with 0x or 0s, nor hold 16 hexadecimal " \
	"digits in a row; write KEY = VALUE on one line"
#define FORM_SPI    "must be a number from 256 to 0xffffffff"
#define FORM_WINDOW "must be a number of packets from 0 (off) to 65536"
#define FORM_PROTO                                                             \
	"must be any, a protocol's name such as tcp or gre, or a number from " \
	"1 to 255"
#define DIGITS160 DIGITS32 DIGITS32 DIGITS32 DIGITS32 DIGITS32
#define COUNTER_MODE                                                      \
	" with keys by hand: a counter that is used twice under one "     \
	"key reveals both packets (RFC 4106 section 2, RFC 8221 section " \
	"3), and keys by hand outlive a restart; use IKE, or a CBC "      \
	"proposal such as aes256-sha256, or set "                         \
	"gateway.allow_manual_counter_mode = yes if state_dir is on a "   \
	"disk that is never rolled back"

#define AH_INTEG                                                     \
	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac, " \
	"aes128gmac, aes192gmac, aes256gmac, and the weak md5, md5_128"
#define NOT_WITH_AH                                                           \
	"does not go with ah_proposals: AH is never in UDP, since it covers " \
	"the addresses that a NAT changes (RFC 3948 section 1), and pads "    \
	"nothing; remove the line, or write esp_proposals"

static const struct refused refused[] = {
	/* names */
	{ "unknown_key_is_refused_with_the_nearest", "remote_ts = 10.2.0.0/24",
	  "remote_t = 10.2.0.0/24",
	  "f:42:3: unknown key 'remote_t' in policies.zulu; "
	  "did you mean 'remote_ts'?" },
	{ "unknown_key_far_from_all_is_refused_with_the_list",
	  "\t\tprotocol = tcp", "\t\tpriority = 1",
	  "f:43:3: unknown key 'priority' in policies.zulu; "
	  "known are " POLICY_KEYS },
	{ "unknown_key_of_the_gateway_is_refused", "default = discard",
	  "threads = 4",
	  "f:5:2: unknown key 'threads' in gateway; "
	  "known are protected, unprotected, default, forward, mark, xdp, "
	  "xdp_priority, crypto, openssl_providers, mss_clamp, keepalive, audit, icmp_quote_check, workers, sas, bootstrap, resolvers, metrics, tcp_port, socket, state_dir, allow_manual_counter_mode, allow_weak_algorithms" },
	{ "unknown_key_of_an_sa_is_refused", "spi = 0x1001",
	  "reqid = 1\nspi = 0x1001",
	  "f:16:4: unknown key 'reqid' in manual.to-b.in; "
	  "known are spi, encr_key, integ_key" },
	{ "unknown_section_is_refused_with_the_nearest", "policies {",
	  "polices {",
	  "f:38:1: unknown section 'polices'; did you mean 'policies'?" },
	{ "unknown_section_far_from_all_is_refused_with_the_list", "policies {",
	  "plutostart {",
	  "f:38:1: unknown section 'plutostart'; "
	  "known are gateway, charon, manual, policies, connections, secrets, pools, authorities" },
	{ "unknown_section_of_a_pair_is_refused", "\t\tout {\n", "\t\toutt {\n",
	  "f:20:3: unknown section 'outt' in manual.to-b; "
	  "did you mean 'out'?" },
	{ "section_of_a_policy_is_refused", "protocol = tcp", "children { }",
	  "f:43:3: unknown section 'children' in policies.zulu; "
	  "known are " POLICY_KEYS },
	{ "key_outside_of_sections_is_refused", "policies {", "x = 1\npolicies {",
	  "f:38:1: unknown key 'x'; known are gateway, charon, manual, policies, connections, secrets, pools, authorities" },
	{ "key_among_named_sections_is_refused", "policies {\n",
	  "policies {\n\taction = bypass\n",
	  "f:39:2: unknown key 'action' in policies; it must be a section of "
	  "named sections, one for each policy" },
	{ "key_where_a_section_belongs_is_refused", "policies {",
	  "manual = to-b\npolicies {",
	  "f:38:10: manual must be a section of named sections, one for each "
	  "pair of SAs" },
	{ "section_where_a_key_belongs_is_refused", "default = discard",
	  "default { }",
	  "f:5:2: gateway.default is a key, not a section; "
	  "write default = VALUE" },
	{ "authorities_are_a_section", "policies {",
	  "authorities = 1\npolicies {",
	  "f:38:15: authorities must be a section of named sections, one for "
	  "each CA" },
	{ "include_in_a_text_without_a_file_is_refused", "policies {",
	  "include conf.d/*.conf\npolicies {",
	  "f:38:1: include is for files, and this is none: "
	  "put the sections here" },
	{ "key_used_twice_is_refused", "mode = tunnel",
	  "mode = tunnel\n\t\tmode = tunnel",
	  "f:13:3: manual.to-b.mode is used twice, first at line 12; "
	  "remove one" },
	{ "pair_named_twice_is_refused", "to-c {", "to-b {",
	  "f:26:2: manual.to-b is used twice, first at line 9; "
	  "give each section a name of its own" },
	{ "policy_named_twice_is_refused", "mike {", "zulu {",
	  "f:52:2: policies.zulu is used twice, first at line 39; "
	  "give each section a name of its own" },

	/* what is missing */
	{ "gateway_is_required",
	  "gateway {\n\tprotected = lan0, lan1\n\tunprotected = wan0\n"
	  "\tdefault = discard\n\tsocket = unix:///run/cygnet/test.vici\n}\n",
	  "",
	  "f:1:1: gateway is missing; "
	  "it must be a section with unprotected" },
	{ "unprotected_interfaces_are_required", "unprotected = wan0", "",
	  "f:2:1: gateway.unprotected is missing; it " FORM_IFACES },
	{ "local_address_is_required",
	  "local_addrs = 192.0.2.1\n\t\tremote_addrs = 192.0.2.2",
	  "remote_addrs = 192.0.2.2",
	  "f:9:2: manual.to-b.local_addrs is missing; "
	  "it must be one unicast address" },
	{ "remote_address_is_required", "remote_addrs = 192.0.2.2", "",
	  "f:9:2: manual.to-b.remote_addrs is missing; "
	  "it must be one unicast address" },
	{ "proposal_is_required", "esp_proposals = aes128-sha256", "",
	  "f:9:2: manual.to-b.esp_proposals is missing; "
	  "it must be one proposal such as aes256-sha256, or ah_proposals in "
	  "its place one such as sha256" },
	{ "inbound_sa_is_required", "\t\tin {\n", "\t} x { in {\n",
	  "f:9:2: manual.to-b.in is missing; "
	  "it must be a section with spi, encr_key and integ_key" },
	{ "outbound_sa_is_required", "\t\tout {\n", "\t} x { out {\n",
	  "f:9:2: manual.to-b.out is missing; "
	  "it must be a section with spi, encr_key and integ_key" },
	{ "spi_is_required", "spi = 0x1001", "",
	  "f:15:3: manual.to-b.in.spi is missing; it " FORM_SPI },
	{ "encryption_key_is_required", "spi = 0x1001\n\t\t\tencr_key = " KEY16,
	  "spi = 0x1001",
	  "f:15:3: manual.to-b.in.encr_key is missing; it " FORM_SECRET },
	{ "integrity_key_is_required", "integ_key = " KEY32 " }\n\t\tin", "}\nin",
	  "f:30:3: manual.to-c.out.integ_key is missing; it " FORM_SECRET },
	{ "action_is_required", "action = protect", "",
	  "f:39:2: policies.zulu.action is missing; "
	  "it must be protect, bypass or discard" },
	{ "local_selector_is_required", "local_ts = 10.1.0.9", "",
	  "f:46:2: policies.alpha.local_ts is missing; it " FORM_PREFIX },
	{ "remote_selector_is_required", "remote_ts = 10.2.0.0/24", "",
	  "f:39:2: policies.zulu.remote_ts is missing; it " FORM_PREFIX },
	{ "pair_of_sas_is_required_to_protect", "manual = to-c", "",
	  "f:39:2: policies.zulu.manual is missing; action = protect needs "
	  "the name of a section of manual" },
	{ "empty_value_is_refused", "default = discard", "default =",
	  "f:5:2: gateway.default is empty; it must be bypass or discard" },
	{ "empty_string_is_refused", "manual = to-c", "manual = \"\"",
	  "f:44:13: policies.zulu.manual is empty; "
	  "it must be the name of a section of manual" },

	/* gateway */
	{ "interface_twice_in_a_list_is_refused", "lan0, lan1", "lan0, lan0",
	  "f:3:20: gateway.protected names lan0 a second time, first at line "
	  "3; an interface has one side" },
	{ "interface_on_both_sides_is_refused", "wan0", "wan0, lan1",
	  "f:4:22: gateway.unprotected names lan1 a second time, first at "
	  "line 3; an interface has one side" },
	{ "interface_name_of_16_characters_is_refused", "wan0",
	  "abcdefghijklmnop", "f:4:16: gateway.unprotected " FORM_IFACES },
	{ "interface_name_with_a_slash_is_refused", "wan0", "wan/0",
	  "f:4:16: gateway.unprotected " FORM_IFACES },
	{ "interface_name_with_a_colon_is_refused", "wan0", "wan0:1",
	  "f:4:16: gateway.unprotected " FORM_IFACES },
	{ "interfaces_without_commas_are_refused", "lan0, lan1", "lan0 lan1",
	  "f:3:14: gateway.protected " FORM_IFACES },
	{ "comma_at_the_end_of_interfaces_is_refused", "wan0", "wan0,",
	  "f:4:21: gateway.unprotected " FORM_IFACES },
	{ "interface_named_dot_is_refused", "wan0", ".",
	  "f:4:16: gateway.unprotected " FORM_IFACES },
	{ "interface_named_dot_dot_is_refused", "wan0", "..",
	  "f:4:16: gateway.unprotected " FORM_IFACES },
	{ "default_of_protect_is_refused", "default = discard",
	  "default = protect",
	  "f:5:12: gateway.default must be bypass or discard" },
	{ "crypto_of_no_backend_is_refused", "default = discard",
	  "crypto = auto", "f:5:11: gateway.crypto must be ipsec-mb or openssl" },
	{ "forward_by_another_way_is_refused", "default = discard",
	  "forward = fast", "f:5:12: gateway.forward must be direct or kernel" },
	{ "xdp_at_another_place_is_refused", "default = discard",
	  "xdp = shared", "f:5:8: gateway.xdp must be exclusive or dispatcher" },
	{ "negative_xdp_priority_is_refused", "default = discard",
	  "xdp_priority = -1",
	  "f:5:17: gateway.xdp_priority must be a number from 0 to 4294967295" },
	{ "mark_of_0_is_refused", "default = discard", "mark = 0",
	  "f:5:9: gateway.mark must be a number from 1 to 4294967295" },
	{ "mss_clamp_of_a_number_of_octets_is_refused", "default = discard",
	  "mss_clamp = 1360", "f:5:14: gateway.mss_clamp must be yes or no" },
	{ "too_few_sas_are_refused", "default = discard", "sas = 1023",
	  "f:5:8: gateway.sas must be a number from 1024 to 1048576" },
	{ "tcp_port_beyond_all_is_refused", "default = discard",
	  "tcp_port = 65536",
	  "f:5:13: gateway.tcp_port must be a number from 0 to 65535" },
	{ "providers_without_one_that_does_all_are_refused",
	  "default = discard", "openssl_providers = legacy",
	  "f:5:22: gateway.openssl_providers must be " PROVIDERS },
	{ "provider_that_is_a_path_is_refused", "default = discard",
	  "openssl_providers = default, ../x",
	  "f:5:31: gateway.openssl_providers must be " PROVIDERS },
	{ "too_many_providers_are_refused", "default = discard",
	  "openssl_providers = default, a, b, c, d",
	  "f:5:40: gateway.openssl_providers must be " PROVIDERS },
	{ "no_worker_at_all_is_refused", "default = discard", "workers = 0",
	  "f:5:12: gateway.workers must be a number from 1 to 64" },
	{ "relative_socket_is_refused", "unix:///run", "run",
	  "f:6:11: gateway.socket must be an absolute path, or unix:// and an "
	  "absolute path" },
	{ "relative_state_folder_is_refused", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tstate_dir = var",
	  "f:7:14: gateway.state_dir must be an absolute path" },
	{ "metrics_without_a_port_are_refused", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = 127.0.0.1",
	  "f:7:12: gateway.metrics must be unix:// and an absolute path, or an "
	  "address and a port such as 127.0.0.1:9465" },
	{ "metrics_at_port_0_are_refused", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = 127.0.0.1:0",
	  "f:7:12: gateway.metrics must be unix:// and an absolute path, or an "
	  "address and a port such as 127.0.0.1:9465" },
	{ "metrics_at_a_name_are_refused", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = localhost:9465",
	  "f:7:12: gateway.metrics must be unix:// and an absolute path, or an "
	  "address and a port such as 127.0.0.1:9465" },
	{ "metrics_at_ipv6_without_brackets_are_refused",
	  "unix:///run/cygnet/test.vici", "/run/x\n\tmetrics = ::1:9465",
	  "f:7:12: gateway.metrics must be unix:// and an absolute path, or an "
	  "address and a port such as 127.0.0.1:9465" },
	{ "metrics_at_a_relative_path_are_refused",
	  "unix:///run/cygnet/test.vici", "/run/x\n\tmetrics = unix://run/m",
	  "f:7:12: gateway.metrics must be unix:// and an absolute path, or an "
	  "address and a port such as 127.0.0.1:9465" },
	{ "key_of_one_octet_is_refused", "spi = 0x1001\n\t\t\tencr_key = " KEY16,
	  "spi = 0x1001\n\t\t\tencr_key = 0x00000000000000000000000000000000",
	  "f:17:15: manual.to-b.in.encr_key is one octet again and again, "
	  "which anybody can guess; make one with: openssl rand -hex 16" },
	{ "tcp_socket_is_refused", "unix:///run/cygnet/test.vici",
	  "tcp://127.0.0.1:4502",
	  "f:6:11: gateway.socket must be an absolute path, or unix:// and an "
	  "absolute path" },
	{ "line_end_in_a_socket_is_refused", "unix:///run/cygnet/test.vici",
	  "\"/run\\n\"",
	  "f:6:12: gateway.socket must be an absolute path, or unix:// and an "
	  "absolute path" },

	/* manual */
	{ "address_that_is_none_is_refused", "192.0.2.2", "gw.example.org",
	  "f:11:18: manual.to-b.remote_addrs must be one unicast "
	  "address" },
	{ "list_of_addresses_is_refused", "192.0.2.2", "192.0.2.2, 192.0.2.9",
	  "f:11:18: manual.to-b.remote_addrs must be one unicast "
	  "address" },
	{ "ends_of_two_families_are_refused", "192.0.2.2", "2001:db8::2",
	  "f:11:18: manual.to-b.remote_addrs is of another family than "
	  "local_addrs; packets between them are of one" },
	{ "any_ipv6_address_is_refused", "192.0.2.2", "::",
	  "f:11:18: manual.to-b.remote_addrs stands for any address; it must "
	  "be one unicast address" },
	{ "loopback_address_of_ipv6_is_refused", "192.0.2.2", "::1",
	  "f:11:18: manual.to-b.remote_addrs is a loopback address; it must "
	  "be one unicast address" },
	{ "multicast_address_of_ipv6_is_refused", "192.0.2.2", "ff02::1",
	  "f:11:18: manual.to-b.remote_addrs is a multicast address; it must "
	  "be one unicast address" },
	{ "link_local_address_is_refused", "192.0.2.2", "febf::1",
	  "f:11:18: manual.to-b.remote_addrs is a link-local address, which "
	  "says nothing without its link; it must be one unicast address" },
	{ "mapped_address_is_refused", "192.0.2.2", "::ffff:192.0.2.2",
	  "f:11:18: manual.to-b.remote_addrs is IPv4 in the form of IPv6; it "
	  "must be one unicast address" },
	{ "any_address_is_refused", "192.0.2.2", "0.0.0.0",
	  "f:11:18: manual.to-b.remote_addrs stands for any address; it must "
	  "be one unicast address" },
	{ "loopback_address_is_refused", "192.0.2.2", "127.0.0.1",
	  "f:11:18: manual.to-b.remote_addrs is a loopback address; it must "
	  "be one unicast address" },
	{ "multicast_address_is_refused", "192.0.2.2", "224.0.0.1",
	  "f:11:18: manual.to-b.remote_addrs is a multicast address; it must "
	  "be one unicast address" },
	{ "broadcast_address_is_refused", "192.0.2.2", "255.255.255.255",
	  "f:11:18: manual.to-b.remote_addrs is a reserved address; it must "
	  "be one unicast address" },
	{ "local_address_of_a_network_is_refused",
	  "192.0.2.1\n\t\tremote_addrs = 192.0.2.2",
	  "0.1.2.3\n\t\tremote_addrs = 192.0.2.2",
	  "f:10:17: manual.to-b.local_addrs stands for any address; it must "
	  "be one unicast address" },
	{ "peer_with_our_own_address_is_refused", "192.0.2.2", "192.0.2.1",
	  "f:11:18: manual.to-b.remote_addrs is the same as local_addrs; "
	  "write the peer's address" },
	{ "transport_mode_for_networks_is_refused",
	  "esp_proposals = aes256-sha256",
	  "mode = transport\n\t\tesp_proposals = aes256-sha256",
	  "f:45:12: policies.zulu.manual names a pair in transport mode, which "
	  "has no header to carry networks' addresses: it is for what this "
	  "gateway itself and its peer say to each other; write local_ts = "
	  "192.0.2.1 and remote_ts = 192.0.2.3, or mode = tunnel there" },
	{ "beet_mode_is_refused", "mode = tunnel", "mode = beet",
	  "f:12:10: manual.to-b.mode is beet, but only tunnel and transport "
	  "are supported; remove the line" },
	{ "unknown_mode_is_refused", "mode = tunnel", "mode = tunnels",
	  "f:12:10: manual.to-b.mode must be tunnel or transport" },
	{ "ah_beside_esp_is_refused", "esp_proposals = aes128-sha256",
	  "esp_proposals = aes128-sha256\n\t\tah_proposals = sha256",
	  "f:14:18: manual.to-b.ah_proposals stands beside esp_proposals, but "
	  "the SAs of a pair are of one protocol; remove one of the two" },
	{ "cipher_in_ah_is_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = aes128-sha256",
	  "f:13:18: manual.to-b.ah_proposals has an unknown integrity keyword, "
	  "and AH has no cipher; known are " AH_INTEG },
	{ "more_than_a_mac_in_ah_is_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = sha256-modp2048-esn",
	  "f:13:18: manual.to-b.ah_proposals has more than an integrity "
	  "keyword; write sha256" },
	{ "two_ah_proposals_are_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = sha256, sha1",
	  "f:13:18: manual.to-b.ah_proposals must be one proposal such as "
	  "sha256" },
	{ "ah_with_a_key_for_a_cipher_is_refused",
	  "esp_proposals = aes128-sha256", "ah_proposals = sha256",
	  "f:17:15: manual.to-b.in.encr_key does not go with AH, which needs "
	  "none; remove the line" },
	{ "ah_in_udp_is_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = sha256\n\t\tencap = yes",
	  "f:14:11: manual.to-b.encap " NOT_WITH_AH },
	{ "padding_in_ah_is_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = sha256\n\t\ttfc_padding = mtu",
	  "f:14:17: manual.to-b.tfc_padding " NOT_WITH_AH },
	{ "weak_mac_of_ah_is_refused", "esp_proposals = aes128-sha256",
	  "ah_proposals = md5",
	  "f:13:18: manual.to-b.ah_proposals can't be md5, which is weak (RFC "
	  "8221 section 6: HMAC-MD5 MUST NOT be used); use sha256, or set "
	  "gateway.allow_weak_algorithms = yes if the peer can do nothing "
	  "better" },
	{ "counter_of_ah_with_keys_by_hand_is_refused",
	  "esp_proposals = aes128-sha256", "ah_proposals = aes128gmac",
	  "f:13:18: manual.to-b.ah_proposals can't be aes128gmac with keys by "
	  "hand: a counter that is used twice under one key reveals both "
	  "packets (RFC 4106 section 2, RFC 8221 section 3), and keys by hand "
	  "outlive a restart; use IKE, or a MAC without a counter such as "
	  "sha256, or set gateway.allow_manual_counter_mode = yes if state_dir "
	  "is on a disk that is never rolled back" },
	{ "aead_with_keys_by_hand_is_refused", "aes256-sha256", "aes256gcm16",
	  "f:29:19: manual.to-c.esp_proposals can't be "
	  "aes256gcm16" COUNTER_MODE },
	{ "chacha20_with_keys_by_hand_is_refused", "aes256-sha256",
	  "chacha20poly1305",
	  "f:29:19: manual.to-c.esp_proposals can't be "
	  "chacha20poly1305" COUNTER_MODE },
	{ "aead_with_integrity_is_refused", "aes128-sha256", "aes128gcm16-sha256",
	  "f:13:19: manual.to-b.esp_proposals has a keyword behind "
	  "aes128gcm16, which protects integrity itself; write aes128gcm16 "
	  "alone" },
	{ "cipher_without_integrity_is_refused", "aes128-sha256", "aes128",
	  "f:13:19: manual.to-b.esp_proposals can't be aes128, which is weak "
	  "(RFC 8221 section 4: encryption without integrity MUST NOT be "
	  "used)" USE_ANOTHER },
	{ "weak_cipher_is_refused", "aes128-sha256", "3des-sha256",
	  "f:13:19: manual.to-b.esp_proposals can't be 3des-sha256, which is "
	  "weak (RFC 8221 section 5: 3DES SHOULD NOT be used, its blocks are "
	  "too short)" USE_ANOTHER },
	{ "weak_integrity_is_refused", "aes128-sha256", "aes128-md5",
	  "f:13:19: manual.to-b.esp_proposals can't be aes128-md5, which is "
	  "weak (RFC 8221 section 6: HMAC-MD5 MUST NOT be used)" USE_ANOTHER },
	{ "neither_encryption_nor_integrity_is_refused", "aes128-sha256", "null",
	  "f:13:19: manual.to-b.esp_proposals can't be null: RFC 4303 section "
	  "3.2: neither encryption nor integrity protects nothing; write "
	  "null-sha256" },
	{ "counter_mode_without_integrity_is_refused", "aes128-sha256",
	  "aes128ctr",
	  "f:13:19: manual.to-b.esp_proposals can't be aes128ctr: RFC 3686 "
	  "section 7: AES-CTR needs integrity beside it, or who forges "
	  "decides each bit; write aes128ctr-sha256" },
	{ "mac_of_ah_beside_a_cipher_is_refused", "aes128-sha256",
	  "aes128-aes128gmac",
	  "f:13:19: manual.to-b.esp_proposals can't be aes128-aes128gmac: "
	  "AES-GMAC beside a cipher is AH's alone; in ESP it stands alone; "
	  "write aes128-sha256" },
	{ "unknown_cipher_is_refused", "aes128-sha256", "cast128-sha256",
	  "f:13:19: manual.to-b.esp_proposals has an unknown cipher; "
	  "known are aes128, aes192, aes256 (also with ctr, gcm16, gcm12, "
	  "gcm8, ccm16, ccm12, ccm8, gmac), chacha20poly1305, null, and the "
	  "weak 3des, des" },
	{ "unknown_integrity_is_refused", "aes128-sha256", "aes128-sha224",
	  "f:13:19: manual.to-b.esp_proposals has an unknown integrity "
	  "keyword; known are " KNOWN_INTEG },
	{ "integrity_of_none_is_refused", "aes128-sha256", "aes128-none",
	  "f:13:19: manual.to-b.esp_proposals has an unknown integrity "
	  "keyword; known are " KNOWN_INTEG },
	{ "encryption_key_of_null_is_refused", "aes128-sha256", "null-sha256",
	  "f:17:15: manual.to-b.in.encr_key does not go with null, which needs "
	  "none; remove the line" },
	{ "key_exchange_in_a_proposal_is_refused", "aes128-sha256",
	  "aes128-sha256-ecp256",
	  "f:13:19: manual.to-b.esp_proposals has more than a cipher and an "
	  "integrity keyword; write aes128-sha256" },
	{ "two_proposals_are_refused", "aes128-sha256",
	  "aes128-sha256,aes256-sha256",
	  "f:13:19: manual.to-b.esp_proposals must be one proposal such as "
	  "aes256-sha256" },
	{ "proposal_of_64_octets_is_refused", "aes128-sha256",
	  "aes128-sha256-aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee",
	  "f:13:19: manual.to-b.esp_proposals must be one proposal such as "
	  "aes256-sha256" },
	{ "replay_window_beyond_the_limit_is_refused", "= 128", "= 65537",
	  "f:14:19: manual.to-b.replay_window " FORM_WINDOW },
	{ "replay_window_below_zero_is_refused", "= 128", "= -1",
	  "f:14:19: manual.to-b.replay_window " FORM_WINDOW },
	{ "replay_window_with_a_unit_is_refused", "= 128", "= 128p",
	  "f:14:19: manual.to-b.replay_window " FORM_WINDOW },
	{ "spread_that_is_no_word_is_refused", "replay_window = 128",
	  "spread = 2", "f:14:12: manual.to-b.spread must be yes or no" },
	{ "place_of_the_cut_that_is_no_word_is_refused", "replay_window = 128",
	  "fragment = no",
	  "f:14:14: manual.to-b.fragment must be before or after" },
	{ "extended_numbers_without_a_window_are_refused",
	  "aes128-sha256\n\t\treplay_window = 128",
	  "aes128-sha256-esn\n\t\treplay_window = 0",
	  "f:14:19: manual.to-b.replay_window can't be 0 with esn: the window "
	  "tells the half of a number that is in no packet; give it 32 or "
	  "more" },
	{ "both_lengths_of_numbers_are_refused", "aes128-sha256",
	  "aes128-sha256-esn-noesn",
	  "f:13:19: manual.to-b.esp_proposals has more than a cipher and an "
	  "integrity keyword; write aes128-sha256" },
	{ "encap_that_is_no_word_is_refused", "replay_window = 128",
	  "encap = 4500", "f:14:11: manual.to-b.encap must be yes or no" },
	{ "port_without_udp_is_refused", "replay_window = 128",
	  "remote_port = 4500",
	  "f:14:17: manual.to-b.remote_port is one of UDP, and ESP is not in "
	  "UDP here; write encap = yes as well, or remove the line" },
	{ "following_without_udp_is_refused", "replay_window = 128",
	  "follow = yes",
	  "f:14:12: manual.to-b.follow is for a peer behind a NAT, and ESP is "
	  "not in UDP here; write encap = yes as well, or remove the line" },
	{ "port_0_is_refused", "replay_window = 128",
	  "encap = yes\n\t\tremote_port = 0",
	  "f:15:17: manual.to-b.remote_port must be a port from 1 to 65535" },
	{ "reserved_spi_is_refused", "0x1001", "255",
	  "f:16:10: manual.to-b.in.spi " FORM_SPI },
	{ "spi_of_33_bits_is_refused", "0x1001", "0x100001001",
	  "f:16:10: manual.to-b.in.spi " FORM_SPI },
	{ "spi_beyond_64_bits_is_refused", "0x1001", "0x10000000000001001",
	  "f:16:10: manual.to-b.in.spi " FORM_SPI },
	{ "spi_without_digits_is_refused", "0x1001", "0x",
	  "f:16:10: manual.to-b.in.spi " FORM_SPI },
	{ "key_in_the_place_of_an_spi_is_not_shown", "0x1001", KEY16,
	  "f:16:10: manual.to-b.in.spi " FORM_SPI },
	{ "inbound_spi_used_twice_is_refused", "0x1002", "0x1001",
	  "f:33:14: manual.to-c.in.spi is the same as manual.to-b.in.spi at "
	  "line 16; inbound SPIs must differ" },
	{ "outbound_spi_used_twice_for_a_peer_is_refused",
	  "192.0.2.3\n\t\tesp_proposals = aes256-sha256\n"
	  "\t\tout { spi = 0xffffffff",
	  "192.0.2.2\n\t\tesp_proposals = aes256-sha256\n"
	  "\t\tout { spi = 0x100",
	  "f:30:15: manual.to-c.out.spi is the same as manual.to-b.out.spi at "
	  "line 21; SPIs to one peer must differ" },
	{ "short_encryption_key_is_refused", "aes128-sha256", "aes192-sha256",
	  "f:17:15: manual.to-b.in.encr_key is 16 octets, aes192 needs 24" },
	{ "long_encryption_key_is_refused", "aes256-sha256", "aes192-sha256",
	  "f:34:15: manual.to-c.in.encr_key is 32 octets, aes192 needs 24" },
	{ "short_outbound_key_is_refused",
	  "spi = 0xffffffff\n\t\t\tencr_key = " KEY32,
	  "spi = 0xffffffff\n\t\t\tencr_key = " KEY24,
	  "f:31:15: manual.to-c.out.encr_key is 24 octets, aes256 needs 32" },
	{ "short_integrity_key_is_refused", "integ_key = " KEY32 " }\n\t}",
	  "integ_key = " KEY24 " }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key is 24 octets, sha256 needs 32" },
	{ "integrity_key_of_another_hash_is_refused", "aes256-sha256",
	  "aes256-sha384",
	  "f:35:16: manual.to-c.in.integ_key is 32 octets, sha384 needs 48" },
	{ "short_outbound_integrity_key_is_refused",
	  "integ_key = " KEY32 " }\n\t\tin", "integ_key = " KEY16 " }\n\t\tin",
	  "f:32:16: manual.to-c.out.integ_key is 16 octets, sha256 needs 32" },
	{ "key_with_a_bad_digit_is_refused_and_not_shown",
	  "integ_key = " KEY32 " }\n\t}", "integ_key = " KEY24 "2g }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key " FORM_SECRET },
	{ "key_of_half_an_octet_is_refused", "integ_key = " KEY32 " }\n\t}",
	  "integ_key = " KEY32 "1 }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key " FORM_SECRET },
	{ "key_in_two_words_is_refused", "integ_key = " KEY32 " }\n\t}",
	  "integ_key = " KEY24 " " MARK " }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key " FORM_SECRET },
	{ "key_without_0x_is_refused", "integ_key = " KEY32 " }\n\t}",
	  "integ_key = " MARK "07 }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key " FORM_SECRET },
	{ "key_longer_than_any_is_refused", "integ_key = " KEY32 " }\n\t}",
	  "integ_key = " KEY32 DIGITS160 DIGITS160 DIGITS160 "00 }\n\t}",
	  "f:35:16: manual.to-c.in.integ_key is longer than 512 octets, and so "
	  "than any key; it " FORM_SECRET },
	{ "key_on_the_next_line_is_refused_and_not_shown",
	  "integ_key = " KEY32 " }\n\t}", "integ_key =\n" KEY32 " }\n\t}",
	  "f:36:1: " NO_NAME },
	{ "key_without_an_equals_sign_is_refused_and_not_shown",
	  "integ_key = " KEY32 " }\n\t}", "integ_key " KEY32 " }\n\t}",
	  "f:35:14: " NO_NAME },
	{ "base64_key_on_the_next_line_is_refused_and_not_shown",
	  "integ_key = " KEY32 " }\n\t}",
	  "integ_key =\n0s" MARK "ABCDEFGHIJKLMNOP== }\n\t}",
	  "f:36:1: " NO_NAME },
	{ "key_without_0x_before_the_equals_sign_is_not_shown",
	  "integ_key = " KEY32 " }\n\t}", MARK "0123456789 = integ_key }\n\t}",
	  "f:35:4: " NO_NAME },
	{ "base64_key_without_0s_before_the_equals_sign_is_not_shown",
	  "integ_key = " KEY32 " }\n\t}", MARK "+/ABCDEFGHIJKLMN == k }\n\t}",
	  "f:35:4: unknown key of 22 octets in manual.to-c.in; "
	  "known are spi, encr_key, integ_key" },
	{ "base64_key_without_0s_as_a_section_is_not_shown",
	  "integ_key = " KEY32 " }\n\t}", MARK "+/ABCDEFGHIJKLMN { } }\n\t}",
	  "f:35:4: unknown section of 22 octets in manual.to-c.in; "
	  "known are spi, encr_key, integ_key" },
	{ "base64_key_without_0s_among_named_sections_is_not_shown",
	  "manual {\n", "manual {\n" MARK "+/ABCDEFGHIJKLMN == k\n",
	  "f:9:1: unknown key of 22 octets in manual; it must be a section of "
	  "named sections, one for each pair of SAs" },
	{ "longest_unknown_key_that_is_shown", "protocol = tcp",
	  "nineteen_characters = 1",
	  "f:43:3: unknown key 'nineteen_characters' in policies.zulu; "
	  "known are " POLICY_KEYS },
	{ "shortest_unknown_key_that_is_not_shown", "protocol = tcp",
	  "twenty_characters_in = 1",
	  "f:43:3: unknown key of 20 octets in policies.zulu; "
	  "known are " POLICY_KEYS },

	/* policies */
	{ "unknown_action_is_refused", "action = bypass", "action = pass",
	  "f:47:12: policies.alpha.action must be protect, bypass or "
	  "discard" },
	{ "selector_that_is_no_prefix_is_refused", "10.2.0.0/24", "dynamic",
	  "f:42:15: policies.zulu.remote_ts " FORM_PREFIX },
	{ "list_of_prefixes_is_refused", "10.2.0.0/24",
	  "10.2.0.0/24, 10.3.0.0/24",
	  "f:42:15: policies.zulu.remote_ts " FORM_PREFIX },
	{ "prefix_without_bits_is_refused", "10.2.0.0/24", "10.2.0.0/",
	  "f:42:15: policies.zulu.remote_ts " FORM_PREFIX },
	{ "prefix_of_33_bits_is_refused", "10.2.0.0/24", "10.2.0.0/33",
	  "f:42:15: policies.zulu.remote_ts has more than 32 bits; it " FORM_PREFIX },
	{ "host_bits_are_refused_with_the_network", "10.2.0.0/24", "10.2.3.4/20",
	  "f:42:15: policies.zulu.remote_ts has host bits set; the network is "
	  "10.2.0.0/20" },
	{ "host_bits_of_no_bits_are_refused", "10.1.0.0/16", "10.1.0.0/0",
	  "f:41:14: policies.zulu.local_ts has host bits set; the network is "
	  "0.0.0.0/0" },
	{ "selectors_of_two_families_are_refused", "10.2.0.0/24", "2001:db8::/32",
	  "f:42:15: policies.zulu.remote_ts is of another family than "
	  "local_ts; write a policy for each family" },
	{ "host_bits_of_ipv6_are_refused_with_the_network", "10.2.0.0/24",
	  "2001:db8:ff::1/33",
	  "f:42:15: policies.zulu.remote_ts has host bits set; the network is "
	  "2001:db8::/33" },
	{ "prefix_of_129_bits_is_refused", "10.2.0.0/24", "2001:db8::/129",
	  "f:42:15: policies.zulu.remote_ts has more than 128 bits; it " FORM_PREFIX },
	{ "mapped_prefix_is_refused", "10.2.0.0/24", "::ffff:10.2.0.0",
	  "f:42:15: policies.zulu.remote_ts is IPv4 in the form of IPv6; it " FORM_PREFIX },
	{ "range_of_two_families_is_refused", "10.2.0.0/24",
	  "10.2.0.0-2001:db8::", "f:42:15: policies.zulu.remote_ts " FORM_PREFIX },
	{ "range_that_ends_before_it_begins_is_refused", "10.2.0.0/24",
	  "10.2.0.9-10.2.0.8",
	  "f:42:15: policies.zulu.remote_ts ends before it begins; write the "
	  "lower address first" },
	{ "range_without_an_end_is_refused", "10.2.0.0/24", "10.2.0.9-",
	  "f:42:15: policies.zulu.remote_ts " FORM_PREFIX },
	{ "port_above_65535_is_refused", "= tcp",
	  "= tcp\n\t\tremote_ports = 65536",
	  "f:44:18: policies.zulu.remote_ports " FORM_PORTS },
	{ "ports_that_end_before_they_begin_are_refused", "= tcp",
	  "= tcp\n\t\tlocal_ports = 81-80",
	  "f:44:17: policies.zulu.local_ports " FORM_PORTS },
	{ "ports_of_a_protocol_without_are_refused", "= tcp",
	  "= esp\n\t\tlocal_ports = 80",
	  "f:44:17: policies.zulu.local_ports needs a protocol with ports; add "
	  "protocol = tcp, udp, sctp, dccp or udplite" },
	{ "type_without_icmp_is_refused", "= tcp", "= tcp\n\t\ticmp = 8",
	  "f:44:10: policies.zulu.icmp needs ICMP; add protocol = icmp or "
	  "ipv6-icmp" },
	{ "type_above_255_is_refused", "= tcp", "= icmp\n\t\ticmp = 256",
	  "f:44:10: policies.zulu.icmp " FORM_ICMP },
	{ "code_above_255_is_refused", "= tcp", "= icmp\n\t\ticmp = 3/256",
	  "f:44:10: policies.zulu.icmp " FORM_ICMP },
	{ "types_that_end_before_they_begin_are_refused", "= tcp",
	  "= icmp\n\t\ticmp = 3/4-3/3",
	  "f:44:10: policies.zulu.icmp " FORM_ICMP },
	{ "mobility_type_without_its_header_is_refused", "= tcp",
	  "= tcp\n\t\tmh = 5",
	  "f:44:8: policies.zulu.mh needs the Mobility Header; add protocol = "
	  "mobility-header" },
	{ "mobility_type_above_255_is_refused", "= tcp",
	  "= mobility-header\n\t\tmh = 256",
	  "f:44:8: policies.zulu.mh " FORM_MH },
	{ "mobility_type_has_no_code", "= tcp", "= 135\n\t\tmh = 5/0",
	  "f:44:8: policies.zulu.mh " FORM_MH },
	{ "opaque_and_a_port_match_nothing", "= tcp",
	  "= tcp\n\t\tlocal_ports = opaque\n\t\tremote_ports = 80",
	  "f:44:17: policies.zulu.local_ports takes what shows no ports on one "
	  "side, and on the other what does; write opaque for both" },
	{ "unknown_direction_is_refused", "= tcp",
	  "= tcp\n\t\tdirection = outside",
	  "f:44:15: policies.zulu.direction must be out, in or both" },
	{ "protocol_of_zero_is_refused", "= tcp", "= 0",
	  "f:43:14: policies.zulu.protocol " FORM_PROTO },
	{ "protocol_of_256_is_refused", "= tcp", "= 256",
	  "f:43:14: policies.zulu.protocol " FORM_PROTO },
	{ "unknown_protocol_is_refused", "= tcp", "= tpc",
	  "f:43:14: policies.zulu.protocol " FORM_PROTO },
	{ "pair_that_does_not_exist_is_refused_with_the_nearest", "= to-c",
	  "= to-cc",
	  "f:44:12: policies.zulu.manual names no section of manual; "
	  "did you mean 'to-c'?" },
	{ "pair_that_does_not_exist_is_refused", "= to-c", "= elsewhere",
	  "f:44:12: policies.zulu.manual names no section of manual; "
	  "add that section" },
	{ "pair_of_a_bypass_policy_is_refused", "action = bypass",
	  "action = bypass\nmanual = to-b",
	  "f:48:10: policies.alpha.manual goes with action = protect only; "
	  "remove it" },
};

static void change_is_refused(void **state)
{
	const struct refused *row = *state;
	char *text = changed(row->find, row->replace);
	struct config *c = (struct config *)text; /* anything but NULL */
	struct error e;
	int err = conf_parse("f", slice_of(text, strlen(text)), &c, &e);

	free(text);
	assert_null(strstr(e.text, MARK));
	assert_string_equal(e.text, row->error);
	assert_int_equal(err, -EINVAL);
	assert_null(c);
}

/* Calls known() for each keyword that the error for this proposal lists. */
static void for_each_listed(const char *proposal, void (*known)(const char *))
{
	char *text = changed("aes128-sha256", proposal);
	struct config *c;
	struct error e;
	char *word;

	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	free(text);
	word = strtok(strstr(e.text, "; known ") + strlen("; known "), " ,");
	assert_non_null(word); /* "is" or "are" */
	word = strtok(NULL, " ,()");
	assert_non_null(word);
	for (; word; word = strtok(NULL, " ,()"))
		if (!strstr("also with and the weak", word))
			known(word);
}

/* A mode is written once for the three keys of AES. */
static void assert_encr_known(const char *keyword)
{
	char with_key[32];

	snprintf(with_key, sizeof(with_key), "aes192%s", keyword);
	assert_true(encr_by_name(keyword) || encr_by_name(with_key));
}

static void assert_integ_known(const char *keyword)
{
	assert_non_null(integ_by_name(keyword));
}

static void listed_keywords_are_algorithms(void **state)
{
	(void)state;
	for_each_listed("x-sha256", assert_encr_known);
	for_each_listed("aes128-x", assert_integ_known);
}

/* A case for each row, under the row's name. */
int main(void)
{
	struct CMUnitTest tests[ROWS(refused) + 1] = {
		[ROWS(refused)] =
			cmocka_unit_test(listed_keywords_are_algorithms),
	};

	for (size_t i = 0; i < ROWS(refused); i++) {
		tests[i].name = refused[i].name;
		tests[i].test_func = change_is_refused;
		tests[i].initial_state = (void *)&refused[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
