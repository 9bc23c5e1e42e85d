// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every mistake that connections and secrets can hold: each row is the good
 * file with one thing changed, and the line with which it is refused.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

struct refused {
	const char *name;
	const char *find;
	const char *replace;
	const char *error;
};

#define CONN_KEYS                                                                                                                                        \
	"known are version, local_addrs, remote_addrs, local_port, "                                                                                     \
	"remote_port, proposals, encap, tcp_encap, if_id_in, if_id_out, mobike, "                                                                        \
	"fragmentation, unique, childless, ppk_id, ppk_required, dscp, send_certreq, send_cert, ocsp, resumption, dpd_delay, keyingtries, vips, pools, " \
	"rekey_time, reauth_time, over_time, rand_time, "                                                                                                \
	"local*, remote*, children"
#define CHILD_KEYS                                                               \
	"known are local_ts, remote_ts, esp_proposals, ah_proposals, mode, "     \
	"start_action, dpd_action, close_action, rekey_time, life_time, "        \
	"rand_time, inactivity, rekey_bytes, life_bytes, rand_bytes, "           \
	"rekey_packets, life_packets, rand_packets, replay_window, updown, "     \
	"hostaccess, reqid, per_cpu_sas, spread, populate, populate_limit, "     \
	"copy_df, copy_ecn, copy_dscp, set_df, set_dscp, set_ttl, tfc_padding, " \
	"tfc_dummies, if_id_in, if_id_out, fragment"
#define FORM_PEERS                                                         \
	"must be up to 4 unicast addresses, prefixes or ranges, or %any, " \
	"separated by commas, or one name"
#define OCTETS_52  "0123456789012345678901234567890123456789012345678901"
#define OCTETS_209 OCTETS_52 OCTETS_52 OCTETS_52 OCTETS_52 "8"
#define FORM_PORT  "must be a port from 1 to 65535"
#define FORM_TIME                                                        \
	"must be a number of seconds, or one with s, m, h or d such as " \
	"4h, up to 3650d"
#define FORM_BYTES                                                          \
	"must be a number of octets, or one with k, m or g (of 1024) such " \
	"as 10g, or 0"
#define FORM_COUNT "must be a number of packets below 2^63, or 0"
#define FORM_TS                                                   \
	"must be up to 8 prefixes, ranges or dynamic, each with " \
	"[protocol/port] or without, separated by commas"
#define FORM_PORTS                                                       \
	"must have as ports one number from 0 to 65535, or two such as " \
	"1024-2048, the smaller one first"
#define FORM_AUTH                                                              \
	"must be pubkey, rsa, rsa/pss, rsa/pkcs1, ecdsa, ed25519 or ed448, "   \
	"and behind it, each after a '-', the least bits of a key (rsa-3072, " \
	"ecdsa-256), hashes of its signatures (sha256, sha384, sha512, "       \
	"sha1; identity of ed25519 and ed448), further types of keys, and "    \
	"what is for IKE's own signatures after ike: "                         \
	"(rsa-3072-ike:rsa/pss-sha256); or it is psk"
#define NO_METHOD \
	"is of a method that is not supported yet; write pubkey or psk"
#define NO_CERTS                                                           \
	"does not go with auth = psk; write auth = pubkey, or remove the " \
	"line"
#define FORM_POLICIES                                                      \
	"must be up to 4 object identifiers such as 1.3.6.1.4.1.99999.1, " \
	"separated by commas"
#define FORM_URIS                                                           \
	"must be up to 8 addresses such as http://crl.example.org/ca.crl, " \
	"of up to 255 octets, separated by commas"
#define FORM_ID "must be an identity such as 192.0.2.1 or moon.example.org"
#define NO_HEX                                                            \
	"begins with 0x, but hexadecimal digits, two for each octet, do " \
	"not follow; a text that begins so must itself be written in "    \
	"hexadecimal digits"
#define NO_BASE64                                                           \
	"begins with 0s, but whole octets in Base64 do not follow; a text " \
	"that begins so must itself be written in hexadecimal digits"

#define NETWORK                                                               \
	"has a network, and mode is transport, which has no header to carry " \
	"networks' addresses: write dynamic, which is the address of the "    \
	"side, or mode = tunnel"
#define KEPT                                                            \
	"does not go with mode = transport, in which packets keep the " \
	"header that they have; remove the line"

/* In the good file, once each. */
#define PSK "\"" SECRET "\""
#define DMZ "10.4.0.0/16"

static const struct refused refused[] = {
	/* volumes */
	{ "bytes_of_another_unit_are_refused", "remote_ts = " DMZ,
	  "life_bytes = 10 t",
	  "f:45:18: connections.moon.children.dmz.life_bytes " FORM_BYTES },
	{ "bytes_of_two_units_are_refused", "remote_ts = " DMZ,
	  "life_bytes = 10kk",
	  "f:45:18: connections.moon.children.dmz.life_bytes " FORM_BYTES },
	{ "bytes_beyond_64_bits_are_refused", "remote_ts = " DMZ,
	  "rekey_bytes = 17179869184g",
	  "f:45:19: connections.moon.children.dmz.rekey_bytes " FORM_BYTES },
	{ "negative_number_of_packets_is_refused", "remote_ts = " DMZ,
	  "life_packets = -1",
	  "f:45:20: connections.moon.children.dmz.life_packets " FORM_COUNT },
	{ "packets_have_no_unit", "remote_ts = " DMZ, "life_packets = 1k",
	  "f:45:20: connections.moon.children.dmz.life_packets " FORM_COUNT },
	/* names */
	{ "unknown_key_of_a_connection_is_refused_with_the_nearest",
	  "remote_addrs =", "remote_adrs =",
	  "f:9:3: unknown key 'remote_adrs' in connections.moon; "
	  "did you mean 'remote_addrs'?" },
	{ "unknown_key_of_a_connection_is_refused_with_the_list", "encap = yes",
	  "x509 = yes",
	  "f:13:3: unknown key 'x509' in connections.moon; " CONN_KEYS },
	{ "unknown_section_of_a_connection_is_refused", "children {",
	  "childern {",
	  "f:30:3: unknown section 'childern' in connections.moon; "
	  "did you mean 'children'?" },
	{ "key_that_begins_as_a_section_does_is_unknown", "encap = yes",
	  "localhost = yes",
	  "f:13:3: unknown key 'localhost' in connections.moon; "
	  "did you mean 'local_port'?" },
	{ "section_with_the_name_of_a_key_is_refused", "encap = yes",
	  "local_addrs { }",
	  "f:13:3: connections.moon.local_addrs is a key, not a section; "
	  "write local_addrs = VALUE" },
	{ "key_with_the_name_of_a_section_is_refused", "encap = yes",
	  "children = net",
	  "f:13:14: connections.moon.children must be a section of named "
	  "sections, one for each CHILD SA" },
	{ "unknown_key_of_a_child_is_refused", "mode = tunnel", "modus = 1",
	  "f:35:5: unknown key 'modus' in connections.moon.children.net; " CHILD_KEYS },
	{ "key_among_connections_is_refused", "\tmoon {\n",
	  "\tversion = 2\n\tmoon {\n",
	  "f:6:2: unknown key 'version' in connections; it must be a section "
	  "of named sections, one for each connection" },
	{ "key_among_children_is_refused", "\t\t\tdmz {\n",
	  "mode = tunnel\n\t\t\tdmz {\n",
	  "f:44:1: unknown key 'mode' in connections.moon.children; it must "
	  "be a section of named sections, one for each CHILD SA" },
	{ "connection_named_twice_is_refused", "\troad {", "\tmoon {",
	  "f:49:2: connections.moon is used twice, first at line 6; "
	  "give each section a name of its own" },
	{ "child_named_twice_is_refused", "dmz {", "net {",
	  "f:44:4: connections.moon.children.net is used twice, first at line "
	  "31; give each section a name of its own" },
	{ "key_used_twice_is_refused", "encap = yes", "unique = no",
	  "f:16:3: connections.moon.unique is used twice, first at line 13; "
	  "remove one" },
	{ "references_are_from_the_outermost_section_on", "\troad {",
	  "\troad : moon {",
	  "f:49:9: there is no section 'moon' to refer to; write its name from "
	  "the outermost section on, such as connections.moon" },

	/* what is missing */
	{ "local_is_required", "\t\tlocal { auth = psk\n\t\t}\n", "",
	  "f:49:2: connections.road.local is missing; it must be a section "
	  "with auth and id" },
	{ "remote_is_required", "\t\tremote { auth = psk\n\t\t}\n", "",
	  "f:49:2: connections.road.remote is missing; it must be a section "
	  "with auth and id" },

	/* connections */
	{ "ikev1_is_refused", "version = 2", "version = 1",
	  "f:7:13: connections.moon.version is 1, but only IKEv2 is "
	  "supported; write 2" },
	{ "unknown_version_is_refused", "version = 2", "version = 3",
	  "f:7:13: connections.moon.version must be 2, or 0, which is the "
	  "same here" },
	{ "name_among_addresses_is_refused", "192.0.2.2,", "sun.example.org,",
	  "f:9:18: connections.moon.remote_addrs is a name; write the "
	  "address, for a name stands alone, and in remote_addrs" },
	{ "name_of_this_side_is_refused", "local_addrs = 192.0.2.1",
	  "local_addrs = moon.example.org",
	  "f:8:17: connections.moon.local_addrs is a name; write the "
	  "address, for a name stands alone, and in remote_addrs" },
	{ "name_that_dns_cannot_have_is_refused",
	  "192.0.2.2, 198.51.100.0/24, %any", "sun..example.org",
	  "f:9:18: connections.moon.remote_addrs is no name that DNS may "
	  "know: it has up to 253 characters, and up to 63 between dots" },
	{ "dynamic_remote_selector_of_a_name_is_refused", "\troad {\n",
	  "\troad {\n\t\tremote_addrs = sun.example.org\n"
	  "\t\tchildren {\n\t\t\ta {\n\t\t\t}\n\t\t}\n",
	  "f:52:4: connections.road.children.a: remote_ts is dynamic, and the "
	  "peer has a name; write its networks into remote_ts" },
	{ "range_that_ends_before_it_begins_is_refused", "198.51.100.0/24",
	  "198.51.100.9-198.51.100.1",
	  "f:9:29: connections.moon.remote_addrs ends before it begins; write "
	  "the lower address first" },
	{ "range_of_no_unicast_addresses_is_refused", "198.51.100.0/24",
	  "198.51.100.9-224.0.0.1",
	  "f:9:29: connections.moon.remote_addrs is a multicast address; "
	  "it " FORM_PEERS },
	{ "range_of_two_families_is_refused", "198.51.100.0/24",
	  "198.51.100.1-2001:db8::1",
	  "f:9:29: connections.moon.remote_addrs " FORM_PEERS },
	{ "link_local_address_is_refused", "%any", "fe80::1",
	  "f:9:46: connections.moon.remote_addrs is a link-local address, "
	  "which says nothing without its link; it " FORM_PEERS },
	{ "multicast_address_is_refused", "192.0.2.2,", "224.0.0.1,",
	  "f:9:18: connections.moon.remote_addrs is a multicast address; it " FORM_PEERS },
	{ "host_bits_are_refused", "198.51.100.0/24", "198.51.100.7/24",
	  "f:9:29: connections.moon.remote_addrs has host bits set; the "
	  "network is 198.51.100.0/24" },
	{ "address_that_is_none_is_refused", "%any", "%all",
	  "f:9:46: connections.moon.remote_addrs " FORM_PEERS },
	{ "address_of_a_thousand_octets_is_refused", "%any",
	  DIGITS32 DIGITS32 DIGITS32 DIGITS32 DIGITS32 DIGITS32 DIGITS32 DIGITS32
	  "/",
	  "f:9:46: connections.moon.remote_addrs " FORM_PEERS },
	{ "empty_item_of_a_list_is_refused", "%any", ",%any",
	  "f:9:46: connections.moon.remote_addrs " FORM_PEERS },
	{ "five_addresses_are_refused", "%any", "%any, 10.0.0.1, 10.0.0.2",
	  "f:9:62: connections.moon.remote_addrs is one more than the 4 that "
	  "are possible; remove some" },
	{ "port_of_0_is_refused", "local_port = 4500", "local_port = 0",
	  "f:10:16: connections.moon.local_port " FORM_PORT },
	{ "port_of_17_bits_is_refused", "remote_port = 4501",
	  "remote_port = 65536",
	  "f:11:17: connections.moon.remote_port " FORM_PORT },
	{ "encap_that_is_no_word_is_refused", "encap = yes", "encap = y",
	  "f:13:11: connections.moon.encap must be yes or no" },
	{ "tcp_encap_that_is_no_word_is_refused", "mobike = no",
	  "tcp_encap = always",
	  "f:14:15: connections.moon.tcp_encap must be no, fallback or yes" },
	{ "tcp_encap_with_ah_is_refused", "children {",
	  "tcp_encap = fallback\n\t\tchildren {\n\t\t\tah {\n"
	  "\t\t\t\tah_proposals = sha256\n"
	  "\t\t\t\tremote_ts = 10.9.0.0/16\n\t\t\t}",
	  "f:33:20: connections.moon.children.ah.ah_proposals does not go "
	  "with tcp_encap of the connection: TCP carries ESP alone (RFC "
	  "9329); remove one of the two" },
	{ "mobike_that_is_no_word_is_refused", "mobike = no", "mobike = on",
	  "f:14:12: connections.moon.mobike must be yes or no" },
	{ "fragmentation_that_is_no_word_is_refused", "fragmentation = no",
	  "fragmentation = never",
	  "f:15:19: connections.moon.fragmentation must be yes, accept, force "
	  "or no" },
	{ "unique_that_is_no_word_is_refused", "unique = no", "unique = yes",
	  "f:16:12: connections.moon.unique must be no, never, keep or "
	  "replace" },
	{ "childless_that_is_no_word_is_refused", "unique = no",
	  "childless = yes",
	  "f:16:15: connections.moon.childless must be allow, prefer, force or "
	  "never" },
	{ "time_without_a_number_is_refused", "= 30s", "= s",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "time_with_another_unit_is_refused", "= 30s", "= 30w",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "time_with_two_units_is_refused", "= 30s", "= 30ms",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "time_below_zero_is_refused", "= 30s", "= -1",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "time_beyond_the_limit_is_refused", "= 30s", "= 3651d",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "time_beyond_64_bits_is_refused", "= 30s", "= 18446744073709551616s",
	  "f:17:15: connections.moon.dpd_delay " FORM_TIME },
	{ "keyingtries_of_33_bits_are_refused", "keyingtries = 0",
	  "keyingtries = 4294967296",
	  "f:18:17: connections.moon.keyingtries must be a number of "
	  "attempts, or 0 for no end of them" },
	{ "unknown_algorithm_of_ike_is_refused", "aes256gcm16-prfsha384-ecp384",
	  "aes256gcm16-prfsha384-ecp999",
	  "f:12:15: connections.moon.proposals: unknown algorithm 'ecp999' in "
	  "proposal 'aes256gcm16-prfsha384-ecp999'; known are aes128gcm16, "
	  "aes192gcm16, aes256gcm16 (also with gcm12, gcm8, ccm16, ccm12, "
	  "ccm8), chacha20poly1305, aes128, aes192, aes256 (also with ctr), "
	  "sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac, prfsha256, "
	  "prfsha384, prfsha512, prfsha1, prfaesxcbc, prfaescmac, curve25519, "
	  "curve448, ecp256, ecp384, ecp521, ecp224bp, ecp256bp, ecp384bp, "
	  "ecp512bp, modp2048, modp3072, modp4096, modp6144, modp8192, ke1_ to "
	  "ke7_ with one of these or none, and the "
	  "weak prfmd5, md5, md5_128, 3des, modp768, modp1024, modp1536, "
	  "modp1024s160, modp2048s224, modp2048s256" },
	{ "weak_cipher_of_ike_is_refused", "aes256gcm16-prfsha384-ecp384",
	  "3des-sha256-ecp384",
	  "f:12:15: connections.moon.proposals has 3des, which is weak (RFC "
	  "8221 section 5: 3DES SHOULD NOT be used, its blocks are too short); "
	  "remove it, or set gateway.allow_weak_algorithms = yes if the peer "
	  "can do nothing better" },
	{ "weak_prf_is_refused", "aes256gcm16-prfsha384-ecp384",
	  "aes256gcm16-prfmd5-ecp384",
	  "f:12:15: connections.moon.proposals has prfmd5, which is weak (RFC "
	  "8247 section 2.2: HMAC-MD5 MUST NOT be used); remove it, or set "
	  "gateway.allow_weak_algorithms = yes if the peer can do nothing "
	  "better" },
	{ "weak_group_of_ike_is_refused", "aes256gcm16-prfsha384-ecp384",
	  "aes256gcm16-prfsha384-modp1024",
	  "f:12:15: connections.moon.proposals has modp1024, which is weak (RFC "
	  "8247 section 2.4: it SHOULD NOT be used, its prime is too short); "
	  "remove it, or set gateway.allow_weak_algorithms = yes if the peer "
	  "can do nothing better" },
	{ "weak_suite_is_refused", "aes256gcm16-prfsha384-ecp384", "vpn-a",
	  "f:12:15: connections.moon.proposals has 3des, which is weak (RFC "
	  "8221 section 5: 3DES SHOULD NOT be used, its blocks are too short); "
	  "remove it, or set gateway.allow_weak_algorithms = yes if the peer "
	  "can do nothing better" },
	{ "key_among_proposals_is_refused_and_not_shown", "ecp384, default",
	  "ecp384, aes256-" MARK "7890abcdef",
	  "f:12:45: connections.moon.proposals must be proposals such as "
	  "aes256gcm16-prfsha384-ecp384, or default" },
	{ "base64_among_proposals_is_refused_and_not_shown", "ecp384, default",
	  "ecp384, aes256-0s" MARK "X",
	  "f:12:45: connections.moon.proposals must be proposals such as "
	  "aes256gcm16-prfsha384-ecp384, or default" },
	{ "nine_proposals_are_refused", "ecp384, default",
	  "ecp384, default, default, default, default",
	  "f:12:72: connections.moon.proposals is one more than the 8 that "
	  "are possible; remove some" },
	{ "empty_proposals_are_refused",
	  "aes256gcm16-prfsha384-ecp384, default", "",
	  "f:12:3: connections.moon.proposals is empty; it must be proposals "
	  "such as aes256gcm16-prfsha384-ecp384, or default" },
	{ "start_without_an_address_of_the_peer_is_refused",
	  "192.0.2.2, 198.51.100.0/24", "198.51.100.0/24",
	  "f:36:20: connections.moon.children.net.start_action needs an "
	  "address to go to; write the peer's into remote_addrs of the "
	  "connection" },

	/* authentication */
	{ "authentication_by_another_method_is_refused",
	  "remote { auth = psk\n", "remote { auth = eap-mschapv2\n",
	  "f:52:19: connections.road.remote.auth " NO_METHOD },
	{ "authentication_by_any_method_is_refused", "remote { auth = psk\n",
	  "remote { auth = any\n",
	  "f:52:19: connections.road.remote.auth " NO_METHOD },
	{ "authentication_by_xauth_is_refused", "local { auth = psk\n",
	  "local { auth = xauth-generic\n",
	  "f:50:18: connections.road.local.auth " NO_METHOD },
	{ "authentication_by_no_word_of_ours_is_refused",
	  "local { auth = psk\n", "local { auth = rsa-sha256-dsa\n",
	  "f:50:18: connections.road.local.auth " FORM_AUTH },
	{ "certificates_do_not_go_with_pre_shared_keys", "local { auth = psk\n",
	  "local { auth = psk\ncerts = moon.pem\n",
	  "f:51:9: connections.road.local.certs " NO_CERTS },
	{ "sections_of_certificates_neither", "local { auth = psk\n",
	  "local { auth = psk\ncert1 { file = /moon.pem\n}\n",
	  "f:51:1: connections.road.local.cert1 does not go with auth = psk; "
	  "write auth = pubkey, or remove the section" },
	{ "revocation_neither", "remote { auth = psk\n",
	  "remote { auth = psk\nrevocation = strict\n",
	  "f:53:14: connections.road.remote.revocation " NO_CERTS },
	{ "revocation_of_another_word_is_refused", "remote { auth = psk\n",
	  "remote { revocation = hard\n",
	  "f:52:25: connections.road.remote.revocation must be relaxed, ifuri "
	  "or strict" },
	{ "policy_that_is_no_oid_is_refused", "remote { auth = psk\n",
	  "remote { cert_policy = 1.2.3, 1.02\n",
	  "f:52:33: connections.road.remote.cert_policy " FORM_POLICIES },
	{ "policy_of_a_first_arc_of_3_is_refused", "remote { auth = psk\n",
	  "remote { cert_policy = 3.2\n",
	  "f:52:26: connections.road.remote.cert_policy " FORM_POLICIES },
	{ "fifth_policy_is_refused", "remote { auth = psk\n",
	  "remote { cert_policy = 1.1, 1.2, 1.3, 1.4, 1.5\n",
	  "f:52:46: connections.road.remote.cert_policy is one more than the 4 "
	  "that are possible; remove some" },
	{ "identity_of_a_ca_without_certificates_is_refused",
	  "remote { auth = psk\n", "remote { auth = psk\nca_id = \"CN=a\"\n",
	  "f:53:10: connections.road.remote.ca_id " NO_CERTS },
	{ "certificate_without_a_file_is_refused", "local { auth = psk\n",
	  "local { cert-1 { }\n",
	  "f:50:11: connections.road.local.cert-1.file is missing; it must be "
	  "an absolute path" },
	{ "certificate_of_a_token_is_refused", "local { auth = psk\n",
	  "local {\ncert-1 {\nhandle = 1\n}\n",
	  "f:52:1: connections.road.local.cert-1.handle is not supported yet; "
	  "remove it" },
	{ "certificates_without_files_are_refused", "local { auth = psk\n",
	  "local {\ncerts = a.pem\n",
	  "f:51:9: connections.road.local.certs names a file, and none is read "
	  "here; send what is in it" },
	{ "certificates_of_another_word_to_send_are_refused", "encap = yes",
	  "send_cert = perhaps",
	  "f:13:15: connections.moon.send_cert must be ifasked, always or "
	  "never" },
	{ "ocsp_of_another_word_is_refused", "encap = yes", "ocsp = yes",
	  "f:13:10: connections.moon.ocsp must be reply, request, both or never" },
	{ "authority_without_a_certificate_is_refused", "secrets {",
	  "authorities {\na { }\n}\nsecrets {",
	  "f:57:1: authorities.a.cacert is missing; it must be the name of a "
	  "file in the folder x509ca, or an absolute path" },
	{ "authority_of_a_relative_file_is_refused", "secrets {",
	  "authorities {\na {\nfile = ca.pem\n}\n}\nsecrets {",
	  "f:58:8: authorities.a.file must be an absolute path of up to 511 "
	  "octets" },
	{ "authority_of_two_files_is_refused", "secrets {",
	  "authorities {\na {\nfile = /ca.pem\ncacert = b\n}\n}\nsecrets {",
	  "f:58:8: authorities.a.file stands beside cacert, and both name the "
	  "CA's certificate; remove one of the two" },
	{ "crl_by_https_is_refused", "secrets {",
	  "authorities {\na {\ncrl_uris = https://a/b\n}\n}\nsecrets {",
	  "f:58:12: authorities.a.crl_uris is of another scheme than http: what "
	  "is fetched is signed itself, and a server's certificate might need "
	  "it first (RFC 5280 section 8); write its address of http" },
	{ "ocsp_without_a_host_is_refused", "secrets {",
	  "authorities {\na {\nocsp_uris = http:///b\n}\n}\nsecrets {",
	  "f:58:13: authorities.a.ocsp_uris " FORM_URIS },
	{ "certificates_by_https_are_refused", "secrets {",
	  "authorities {\na {\ncert_uri_base = https://a/\n}\n}\nsecrets {",
	  "f:58:17: authorities.a.cert_uri_base is of another scheme than http: "
	  "what is fetched is signed itself, and a server's certificate might "
	  "need it first (RFC 5280 section 8); write its address of http" },
	{ "certificates_at_no_host_are_refused", "secrets {",
	  "authorities {\na {\ncert_uri_base = http:///a\n}\n}\nsecrets {",
	  "f:58:17: authorities.a.cert_uri_base must be one address such as "
	  "http://certs.example.org/, of up to 215 octets" },
	{ "certificates_at_a_long_address_are_refused", "secrets {",
	  "authorities {\na {\ncert_uri_base = http://" OCTETS_209
	  "\n}\n}\nsecrets {",
	  "f:58:17: authorities.a.cert_uri_base must be one address such as "
	  "http://certs.example.org/, of up to 215 octets" },
	{ "key_among_authorities_is_refused", "secrets {",
	  "authorities {\na = 1\n}\nsecrets {",
	  "f:57:1: unknown key 'a' in authorities; it must be a section of "
	  "named sections, one for each CA" },
	{ "fifth_round_of_authentication_is_refused", "\t\tlocal { auth = psk",
	  "\t\tlocal-1 {\n}\nlocal-2 {\n}\nlocal-3 {\n}\nlocal-4 {\n}\n"
	  "local { auth = psk",
	  "f:58:1: connections.road.local is one too many: a side has at most "
	  "4 rounds of authentication; remove it" },
	{ "second_round_is_read_as_the_first", "\t\tlocal { auth = psk",
	  "\t\tlocal-1 { auth = psk\n}\n\t\tlocal-2 { auth = eap",
	  "f:52:20: connections.road.local-2.auth is of a method that is not "
	  "supported yet; write pubkey or psk" },
	{ "attribute_of_no_name_is_refused_with_the_reason",
	  "id = sun@example.org\n\t\t}\n\t\tch",
	  "id = \"C=CH, XN=sun\"\n\t\t}\n\t\tch",
	  "f:28:10: connections.moon.remote-1.id: what stands before a '=' is "
	  "no attribute of a distinguished name (C, ST, L, O, OU, CN, E, DC, "
	  "UID, …, or a number such as 2.5.4.3); write keyid: before a text "
	  "that is no distinguished name" },
	{ "empty_identity_is_refused", "id = sun@example.org\n\t\t}\n\t\tch",
	  "id =\n\t\t}\n\t\tch",
	  "f:28:4: connections.moon.remote-1.id is empty; it " FORM_ID },

	/* children */
	{ "mode_of_another_make_is_refused", "mode = tunnel", "mode = beet",
	  "f:35:12: connections.moon.children.net.mode is beet, but only "
	  "tunnel and transport are supported; remove the line" },
	{ "network_of_ours_in_transport_mode_is_refused", "mode = tunnel",
	  "mode = transport",
	  "f:32:16: connections.moon.children.net.local_ts " NETWORK },
	{ "network_of_the_peers_in_transport_mode_is_refused",
	  "remote_ts = " DMZ, "remote_ts = " DMZ "\n\t\t\t\tmode = transport",
	  "f:45:17: connections.moon.children.dmz.remote_ts " NETWORK },
	{ "padding_in_transport_mode_is_refused", "remote_ts = " DMZ,
	  "mode = transport\n\t\t\t\ttfc_padding = mtu",
	  "f:46:19: connections.moon.children.dmz.tfc_padding " KEPT },
	{ "outer_header_in_transport_mode_is_refused", "remote_ts = " DMZ,
	  "mode = transport\n\t\t\t\tcopy_dscp = no",
	  "f:46:17: connections.moon.children.dmz.copy_dscp " KEPT },
	{ "fragments_before_transport_mode_are_refused", "remote_ts = " DMZ,
	  "mode = transport\n\t\t\t\tfragment = before",
	  "f:46:16: connections.moon.children.dmz.fragment is before, and "
	  "mode is transport, in which only whole packets are protected (RFC "
	  "4303 section 3.3.4); write after, or remove the line" },
	{ "interface_in_transport_mode_is_refused", "remote_ts = " DMZ,
	  "mode = transport\n\t\t\t\tif_id_out = 7",
	  "f:44:4: connections.moon.children.dmz: mode is transport, and "
	  "if_id_in or if_id_out is of a tunnel interface: a route to it would "
	  "lead what is protected there again; remove it, or write mode = "
	  "tunnel" },
	{ "ah_beside_esp_is_refused", "mode = tunnel", "ah_proposals = sha256",
	  "f:35:20: connections.moon.children.net.ah_proposals stands beside "
	  "esp_proposals, but the SAs of a child are of one protocol; remove "
	  "one of the two" },
	{ "cipher_of_ah_is_refused", "remote_ts = " DMZ,
	  "ah_proposals = aes128-sha256",
	  "f:45:20: connections.moon.children.dmz.ah_proposals: aes128 in "
	  "proposal 'aes128-sha256': AH has no cipher; remove it, or write "
	  "esp_proposals" },
	{ "padding_in_ah_is_refused", "remote_ts = " DMZ,
	  "ah_proposals = sha256\n\t\t\t\ttfc_dummies = 3",
	  "f:46:19: connections.moon.children.dmz.tfc_dummies does not go with "
	  "ah_proposals: AH hides nothing (RFC 4302); remove the line" },
	{ "mode_that_is_a_policy_is_refused", "mode = tunnel", "mode = pass",
	  "f:35:12: connections.moon.children.net.mode is pass, which is no "
	  "tunnel; write a policy with action = bypass" },
	{ "trap_twice_is_refused", "start_action = start",
	  "start_action = trap|trap",
	  "f:36:20: connections.moon.children.net.start_action must be none, "
	  "trap, start or trap|start" },
	{ "unknown_action_is_refused", "dpd_action = restart",
	  "dpd_action = hold",
	  "f:37:18: connections.moon.children.net.dpd_action must be clear, "
	  "trap, restart or trap|start" },
	{ "replay_window_beyond_the_limit_is_refused", "replay_window = 1024",
	  "replay_window = 65537",
	  "f:42:21: connections.moon.children.net.replay_window must be a "
	  "number of packets from 0 (off) to 65536" },
	{ "spread_that_is_no_word_is_refused", "replay_window = 1024",
	  "spread = 2",
	  "f:42:14: connections.moon.children.net.spread must be yes or no" },
	{ "sas_for_each_cpu_take_one_of_three_words", "replay_window = 1024",
	  "per_cpu_sas = all",
	  "f:42:19: connections.moon.children.net.per_cpu_sas must be yes, no "
	  "or encap" },
	{ "sas_for_each_cpu_are_not_spread", "replay_window = 1024",
	  "spread = yes\nper_cpu_sas = yes",
	  "f:43:15: connections.moon.children.net.per_cpu_sas stands beside "
	  "spread: SAs for each CPU have one worker each and the same "
	  "selectors; remove one of the two" },
	{ "sas_for_each_cpu_are_not_of_packets", "remote_ts = " DMZ,
	  "populate = protocol\nper_cpu_sas = encap",
	  "f:46:15: connections.moon.children.dmz.per_cpu_sas stands beside "
	  "populate: SAs for each CPU have one worker each and the same "
	  "selectors; remove one of the two" },
	{ "what_no_packet_has_is_not_taken_from_it", "remote_ts = " DMZ,
	  "populate = remote_address, spi",
	  "f:45:32: connections.moon.children.dmz.populate must be some of "
	  "local_address, remote_address, protocol, local_port, remote_port "
	  "and ports, separated by commas" },
	{ "limit_of_what_is_taken_is_none_of_none", "remote_ts = " DMZ,
	  "populate_limit = 0",
	  "f:45:22: connections.moon.children.dmz.populate_limit must be a "
	  "number of pairs of SAs from 1 to 1024" },
	{ "what_packets_bring_up_is_not_started", "replay_window = 1024",
	  "populate = protocol",
	  "f:36:20: connections.moon.children.net.start_action has start "
	  "beside populate, but packets alone bring up what takes selectors "
	  "from them; write trap" },
	{ "ports_are_those_of_a_protocol", "remote_ts = " DMZ,
	  "populate = local_address, ports",
	  "f:45:16: connections.moon.children.dmz.populate has ports, and "
	  "local_ts and remote_ts no protocol with ports; add protocol, or "
	  "write selectors such as 10.1.0.0/16[udp]" },
	{ "ports_of_a_protocol_that_has_none_are_not_taken", "remote_ts = " DMZ,
	  "local_ts = 10.3.0.0/16[gre]\npopulate = ports",
	  "f:46:12: connections.moon.children.dmz.populate has ports, and "
	  "local_ts and remote_ts no protocol with ports; add protocol, or "
	  "write selectors such as 10.1.0.0/16[udp]" },
	{ "place_of_the_cut_that_is_no_word_is_refused", "replay_window = 1024",
	  "fragment = yes",
	  "f:42:16: connections.moon.children.net.fragment must be before or "
	  "after" },
	{ "proposal_without_a_cipher_is_refused", "aes128gcm16-ecp256, ",
	  "sha256, ",
	  "f:34:21: connections.moon.children.net.esp_proposals: no cipher in "
	  "proposal 'sha256'; add one of aes128gcm16, aes192gcm16, "
	  "aes256gcm16 (also with gcm12, gcm8, ccm16, ccm12, ccm8), "
	  "chacha20poly1305, aes128, aes192, aes256 (also with ctr)" },
	{ "weak_algorithm_is_refused", "aes128gcm16-ecp256, ",
	  "aes128-3des-sha256, ",
	  "f:34:21: connections.moon.children.net.esp_proposals has 3des, "
	  "which is weak (RFC 8221 section 5: 3DES SHOULD NOT be used, its "
	  "blocks are too short); remove it, or set "
	  "gateway.allow_weak_algorithms = yes if the peer can do nothing "
	  "better" },
	{ "weak_group_of_pfs_is_refused", "aes128gcm16-ecp256, ",
	  "aes128gcm16-modp2048s224, ",
	  "f:34:21: connections.moon.children.net.esp_proposals has "
	  "modp2048s224, which is weak (RFC 8247 section 2.4: it SHOULD NOT be "
	  "used, nobody can say how its prime was found); remove it, or set "
	  "gateway.allow_weak_algorithms = yes if the peer can do nothing "
	  "better" },
	{ "encryption_alone_is_refused", "aes128gcm16-ecp256, ", "aes256, ",
	  "f:34:21: connections.moon.children.net.esp_proposals has aes256, "
	  "which is weak (RFC 8221 section 4: encryption without integrity "
	  "MUST NOT be used); remove it, or set "
	  "gateway.allow_weak_algorithms = yes if the peer can do nothing "
	  "better" },
	{ "selector_that_is_none_is_refused", DMZ, "static",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "second_selector_has_its_own_place", DMZ, "10.4.0.0/16, static",
	  "f:45:30: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "selector_with_host_bits_is_refused", DMZ, "10.4.0.1/16[tcp]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has host bits "
	  "set; the network is 10.4.0.0/16" },
	{ "selector_of_ipv6_with_host_bits_is_refused", DMZ, "2001:db8::1/32",
	  "f:45:17: connections.moon.children.dmz.remote_ts has host bits "
	  "set; the network is 2001:db8::/32" },
	{ "selectors_of_two_families_are_refused", "remote_ts = " DMZ,
	  "remote_ts = " DMZ "\nlocal_ts = 2001:db8::/32",
	  "f:44:4: connections.moon.children.dmz: no selector of local_ts has "
	  "family and protocol in common with one of remote_ts; write the "
	  "same on both sides" },
	{ "selector_that_ends_before_it_begins_is_refused", DMZ,
	  "10.4.0.9-10.4.0.1[tcp]",
	  "f:45:17: connections.moon.children.dmz.remote_ts ends before it "
	  "begins; write the lower address first" },
	{ "selector_from_one_family_to_the_other_is_refused", DMZ,
	  "10.4.0.9-2001:db8::9",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "range_of_ipv4_in_the_form_of_ipv6_is_refused", DMZ,
	  "::ffff:10.4.0.1-::ffff:10.4.0.9",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "types_of_icmp_in_the_wrong_order_are_refused", DMZ,
	  "10.4.0.0/16[icmp/255-256]",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_PORTS },
	{ "brackets_that_are_not_closed_are_refused", DMZ, "10.4.0.0/16[tcp",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "text_behind_brackets_is_refused", DMZ, "10.4.0.0/16[tcp]x",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_TS },
	{ "unknown_protocol_is_refused", DMZ, "10.4.0.0/16[tpc]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has an unknown "
	  "protocol; it may be any, a name such as tcp or gre, or a number up "
	  "to 255" },
	{ "protocol_of_256_is_refused", DMZ, "10.4.0.0/16[256]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has an unknown "
	  "protocol; it may be any, a name such as tcp or gre, or a number up "
	  "to 255" },
	{ "port_of_17_bits_in_a_selector_is_refused", DMZ,
	  "10.4.0.0/16[tcp/65536]",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_PORTS },
	{ "ports_in_the_wrong_order_are_refused", DMZ, "10.4.0.0/16[tcp/2-1]",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_PORTS },
	{ "range_of_ports_without_an_end_is_refused", DMZ, "10.4.0.0/16[tcp/1-]",
	  "f:45:17: connections.moon.children.dmz.remote_ts " FORM_PORTS },
	{ "name_of_a_service_is_refused", DMZ, "10.4.0.0/16[tcp/http]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has a name as "
	  "port; names of services are not supported yet: write the number" },
	{ "opaque_ports_of_a_protocol_without_are_refused", DMZ,
	  "10.4.0.0/16[gre/opaque]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has ports, but no "
	  "protocol with ports; write such as [tcp/443]" },
	{ "ports_of_any_protocol_are_refused", DMZ, "10.4.0.0/16[/80]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has ports, but no "
	  "protocol with ports; write such as [tcp/443]" },
	{ "ports_of_gre_are_refused", DMZ, "10.4.0.0/16[gre/1-2]",
	  "f:45:17: connections.moon.children.dmz.remote_ts has ports, but no "
	  "protocol with ports; write such as [tcp/443]" },
	{ "nine_selectors_are_refused", DMZ,
	  "dynamic, dynamic, dynamic, dynamic, dynamic, dynamic, dynamic, "
	  "dynamic, dynamic",
	  "f:45:89: connections.moon.children.dmz.remote_ts is one more than "
	  "the 8 that are possible; remove some" },
	{ "sides_without_a_common_protocol_are_refused",
	  "remote_ts = 10.2.0.0/24[tcp], 10.3.0.1[47]",
	  "remote_ts = 10.2.0.0/24[udp], 10.3.0.1[esp]",
	  "f:31:4: connections.moon.children.net: no selector of local_ts has "
	  "family and protocol in common with one of remote_ts; write the "
	  "same on both sides" },
	{ "seventeen_pairs_of_selectors_are_refused", "remote_ts = " DMZ,
	  "local_ts = dynamic[1], dynamic, dynamic, dynamic, dynamic\n"
	  "remote_ts = dynamic, dynamic, dynamic, dynamic[2]",
	  "f:44:4: connections.moon.children.dmz: local_ts and remote_ts make "
	  "19 pairs of selectors, and an SA has at most 16; write a child for "
	  "some of them" },

	/* secrets */
	{ "secret_is_required", "\t\tsecret = " KEY16 "\n", "\t\tid = a\n",
	  "f:62:2: secrets.ike.secret is missing; it must be a text, 0x and "
	  "hexadecimal digits, or 0s and Base64" },
	{ "empty_secret_is_refused", PSK, "\"\"",
	  "f:60:13: secrets.ike-moon.secret is empty; it must be a text, 0x "
	  "and hexadecimal digits, or 0s and Base64" },
	{ "secret_used_twice_is_refused_and_not_shown",
	  "id-2 = sun@example.org", "secret = " MARK,
	  "f:60:3: secrets.ike-moon.secret is used twice, first at line 59; "
	  "remove one" },
	{ "owner_named_twice_is_refused", "id-2", "id-1",
	  "f:59:3: secrets.ike-moon.id-1 is used twice, first at line 58; "
	  "remove one" },
	{ "secret_named_twice_is_refused", "\tike {", "\tike-moon {",
	  "f:62:2: secrets.ike-moon is used twice, first at line 57; "
	  "give each section a name of its own" },
	{ "secret_of_bad_digits_is_refused_and_not_shown", PSK, "0x" MARK "0g",
	  "f:60:12: secrets.ike-moon.secret " NO_HEX },
	{ "secret_of_half_an_octet_is_refused", PSK, "0x" MARK "0",
	  "f:60:12: secrets.ike-moon.secret " NO_HEX },
	{ "secret_of_no_digits_is_refused", PSK, "0x",
	  "f:60:12: secrets.ike-moon.secret " NO_HEX },
	{ "base64_of_no_digits_is_refused", PSK, "0s",
	  "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "base64_with_another_sign_is_refused", PSK,
	  "0s" MARK "-w=", "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "base64_that_is_not_filled_up_is_refused", PSK, "0s" MARK "8",
	  "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "base64_of_six_bits_is_refused", PSK,
	  "0sZm9vZ===", "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "base64_with_too_many_signs_at_the_end_is_refused", PSK,
	  "0sZm9v====", "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "base64_with_digits_behind_the_end_is_refused", PSK, "0sZg=Z",
	  "f:60:12: secrets.ike-moon.secret " NO_BASE64 },
	{ "owner_with_an_attribute_of_no_name_is_refused", "id-1 = moon",
	  "id-1 = XN=moon",
	  "f:58:10: secrets.ike-moon.id-1: what stands before a '=' is no "
	  "attribute of a distinguished name (C, ST, L, O, OU, CN, E, DC, "
	  "UID, …, or a number such as 2.5.4.3); write keyid: before a text "
	  "that is no distinguished name" },
	{ "name_that_may_be_a_secret_is_not_shown", "secret = " PSK,
	  MARK " = secret",
	  "f:60:3: unknown key of 6 octets in secrets.ike-moon; "
	  "known are id*, secret" },
	{ "slip_of_the_pen_beside_a_secret_is_named", "secret = " PSK,
	  "secrt = " PSK,
	  "f:60:3: unknown key of 5 octets in secrets.ike-moon; "
	  "did you mean 'secret'?" },
	{ "section_that_may_be_a_secret_is_not_shown", "secret = " PSK,
	  MARK " { }",
	  "f:60:3: unknown section of 6 octets in secrets.ike-moon; "
	  "known are id*, secret" },
	{ "secret_among_the_kinds_is_not_shown", "\tike {", MARK " = x\n\tike {",
	  "f:62:1: unknown key of 6 octets in secrets; known are ike*, ppk*, private*, "
	  "rsa*, ecdsa*, pkcs8*, pkcs12*, token*" },
	{ "unknown_kind_of_secret_is_refused", "\tike {", "\txyz {",
	  "f:62:2: unknown section of 3 octets in secrets; known are ike*, ppk*, private*, "
	  "rsa*, ecdsa*, pkcs8*, pkcs12*, token*" },
	{ "key_of_a_kind_is_refused", "\tike {", "ike = " MARK "\n\tike {",
	  "f:62:7: secrets.ike must be a section with id and secret" },
	{ "secrets_that_are_no_section_are_refused", "secrets {",
	  "secrets = " MARK "\nsecrets {",
	  "f:56:11: secrets must be a section of sections such as ike*, ppk* "
	  "and private*" },
	{ "owner_that_is_a_section_is_refused", "secret = " PSK, "id-3 { }",
	  "f:60:3: secrets.ike-moon.id-3 is a key, not a section; "
	  "write id-3 = VALUE" },
};

static void change_is_refused(void **state)
{
	const struct refused *row = *state;
	char *text = changed_from(good_conns, row->find, row->replace);
	struct config *c = (struct config *)text; /* anything but NULL */
	struct error e;
	int err = conf_parse("f", slice_of(text, strlen(text)), &c, &e);

	free(text);
	assert_null(strstr(e.text, MARK));
	assert_null(strstr(e.text, "hunter"));
	assert_string_equal(e.text, row->error);
	assert_true(err == -EINVAL || err == -E2BIG);
	assert_null(c);
}

/* A case for each row, under the row's name. */
int main(void)
{
	struct CMUnitTest tests[ROWS(refused)] = { 0 };

	for (size_t i = 0; i < ROWS(refused); i++) {
		tests[i].name = refused[i].name;
		tests[i].test_func = change_is_refused;
		tests[i].initial_state = (void *)&refused[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
