/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator wrote, checked for form and completeness: filled by
 * ctrl/conf, read by the daemon. Every item remembers its place, so that an
 * error found later (an interface that does not exist) still names it.
 */
#ifndef CYG_MODEL_CONFIG_H
#define CYG_MODEL_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/name_index.h"
#include "ctrl/base/addr.h"
#include "ctrl/base/secret.h"
#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/crypto/providers.h"
#include "ctrl/model/authority.h"
#include "ctrl/model/cert_list.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/ike_options.h"
#include "ctrl/model/pool.h"
#include "ctrl/model/sadb.h"
#include "include/limits.h"
#include "include/sad.h"
#include "include/spd.h"

#define CONF_NAME_MAX 64  /* with the NUL */
#define CONF_PATH_MAX 108 /* a Unix socket's, with the NUL */

#define CONF_KEY_FILE_MAX 256 /* a private key's, with the NUL */

#define TOKEN_MODULES_MAX 16 /* of PKCS#11 */
#define TOKENS_MAX	  16 /* private keys in tokens */
#define TOKEN_HANDLE_MAX  64 /* octets of a CKA_ID */
#define TOKEN_PIN_MAX	  32 /* likewise of a PIN: what libp11 takes */

#define IKE_USER    "cygnet-ike"    /* the user as whom IKE is spoken */
#define HELPER_USER "cygnet-helper" /* and as whom DNS is asked */

/*
 * Line and column count from 1; file is one of the config's names. What came in
 * a message has line 0, and the message's name as file.
 */
struct place {
	const char *file;
	unsigned int line;
	unsigned int column;
};

struct iface_conf {
	char name[IF_NAMESIZE];
	enum iface_role role;
	struct place place;
};

/* Who carries decrypted packets and those to be encrypted between the worker and
 * the protected side. */
enum forward_mode {
	FORWARD_DIRECT, /* the programs and the workers themselves */
	FORWARD_KERNEL, /* the kernel: its firewall and its NAT see them */
};

/* What goes out past the policies, so that a tunnel can come up at all. */
enum bootstrap {
	BOOTSTRAP_DNS, /* our own questions to the resolvers */
	BOOTSTRAP_NONE,
};

/* How XDP programs of ours are attached where none of them is yet. */
enum xdp_place {
	XDP_EXCLUSIVE,	/* as the only one */
	XDP_DISPATCHER, /* by libxdp, beside those of others */
};

/* For errors: the way round what esp_pair_weakness() says. */
#define ALLOW_WEAK \
	"gateway.allow_weak_algorithms = yes if the peer can do nothing better"

/* One bit that others hardly use, in the marks of packets. */
#define GATEWAY_MARK 0x10000000U

/* RFC 3948 section 4. */
#define GATEWAY_KEEPALIVE_S 20U

/* Where monitoring asks: a Unix socket, or an address and port, or nowhere. */
struct metrics_conf {
	char path[CONF_PATH_MAX]; /* absolute; "": it is none */
	struct addr addr;
	uint16_t port; /* host order; 0: not there */
};

struct gateway_conf {
	struct iface_conf ifaces[IFACE_MAX]; /* protected ones first */
	size_t n_ifaces;
	enum spd_action default_action; /* SPD_BYPASS or SPD_DISCARD */
	enum forward_mode forward;
	uint32_t mark; /* bits of a packet's mark: to be protected */
	enum xdp_place xdp;
	uint32_t xdp_priority; /* in libxdp's dispatcher; the lowest runs first */
	enum crypto_choice crypto; /* of ESP */
	bool mss_clamp;		   /* of TCP through tunnels */
	uint32_t keepalive_s;	   /* of a NAT's mapping; 0: never */
	bool audit;		   /* RFC 4301: some drops are in the log */
	bool icmp_quote_check;	   /* of ICMP errors out of tunnels */
	bool allow_manual_counter_mode;
	bool allow_weak_algorithms; /* see esp_pair_weakness() */
	uint32_t workers;	    /* 0: as many as fit */
	uint32_t sas;		    /* at once; 0: SAS_DEFAULT */
	enum bootstrap bootstrap;
	struct addr resolvers[RESOLVERS_MAX]; /* none: of /etc/resolv.conf */
	size_t n_resolvers;
	struct metrics_conf metrics;
	char providers[PROVIDERS_TEXT_MAX]; /* as of providers_load() */
	uint32_t tcp_port; /* for IKE and ESP in TCP; 0: peers open none */
	char socket[CONF_PATH_MAX];    /* absolute path of the VICI socket */
	char state_dir[CONF_PATH_MAX]; /* absolute; of manual keys' numbers */
};

/* One direction of a manual SA. */
struct manual_keys {
	uint32_t spi; /* host order, above SPI_RESERVED_MAX; 0: there is none */
	struct secret encr_key;	 /* empty with ENCR_NULL */
	struct secret integ_key; /* empty with an AEAD, or without integrity */
	struct place place;
};

/*
 * A pair of SAs with keys by hand, of ESP or of AH. One that was added while the
 * gateway runs may lack a direction, and serves policies in another's place.
 */
struct manual_conf {
	char name[CONF_NAME_MAX];
	struct addr local;  /* outer */
	struct addr remote; /* outer */
	const struct encr_alg *encr;
	const struct integ_alg *integ;
	uint32_t replay_window; /* packets */
	bool esn;
	enum sadb_mode mode;
	enum ike_protocol protocol; /* with IKE_PROTO_AH encr is ENCR_NULL */
	char bundle[CONF_NAME_MAX]; /* the pair of AH, in transport mode between
				       the same addresses, in which its packets
				       are; "": in none */
	bool encap;		    /* ESP in UDP */
	uint16_t remote_port;	    /* host order; of that UDP, else 0 */
	bool follow;	     /* the peer, where authentic packets come from */
	bool spread;	     /* the outbound SA is all workers' at once */
	bool fragment_after; /* IPv4 is cut after it is protected */
	uint32_t if_id_in, if_id_out; /* of tunnel interfaces; 0: none */
	struct sadb_limit soft, hard; /* of either SA's life, from start */
	struct sadb_outer outer;
	struct manual_keys in;
	struct manual_keys out;
	bool added;	   /* it is not of the file */
	uint64_t policies; /* added: a bit for each index into config.policies */
	struct place place;
};

/* What two SAs must not have both; see manual_clash(). */
struct manual_clash {
	const char *key;       /* of the configuration: "spi", or of a key */
	const char *dir;       /* "in" or "out": where the one has it */
	const char *other_key; /* and where the other one has it */
	const char *other_dir;
	const char *why;
};

#define MANUAL_NONE SIZE_MAX /* no index into config.manual */

struct policy_conf {
	char name[CONF_NAME_MAX];
	struct sadb_selector selector;
	uint32_t dirs; /* SPD_OUT, SPD_IN or SPD_BOTH */
	enum spd_action action;
	/* Index into config.manual, SPD_PROTECT only; or MANUAL_NONE: the pair
	 * was deleted while the gateway ran. */
	size_t manual;
	uint32_t if_id_in, if_id_out; /* its pair's; 0: none */
	uint32_t id; /* in the SPD; given by whoever installs it */
	struct place place;
};

/* Which folder beside the configuration has a private key's file; swanctl's. */
enum key_folder {
	KEY_FOLDER_PRIVATE, /* of any type */
	KEY_FOLDER_RSA,
	KEY_FOLDER_ECDSA,
	KEY_FOLDER_PKCS8,
	KEY_FOLDER_PKCS12, /* with certificates */
	KEY_FOLDERS,
};

/* The file of a private key, and what it is encrypted with. */
struct key_conf {
	char name[CONF_NAME_MAX];
	enum key_folder folder;
	char file[CONF_KEY_FILE_MAX]; /* in that folder, or an absolute path */
	struct secret passphrase;     /* empty: there is none */
	struct place place;
};

/* A vendor's library, which knows its tokens (PKCS#11). */
struct token_module {
	char name[CONF_NAME_MAX];
	char path[CONF_PATH_MAX]; /* absolute */
	struct place place;
};

/* A private key that stays in a token, and the way to it. */
struct token_conf {
	char name[CONF_NAME_MAX];
	char module[CONF_NAME_MAX];	  /* "": the only one that there is */
	uint8_t handle[TOKEN_HANDLE_MAX]; /* its CKA_ID */
	uint32_t handle_len;
	bool has_slot; /* else the first slot with a token */
	uint32_t slot;
	struct secret pin; /* empty: the token asks for none */
	struct place place;
};

/* A key or section that is taken, though it changes nothing here. */
struct conf_note {
	struct place place;
	const char *in; /* the section's name, or ""; a literal, as why */
	char name[CONF_NAME_MAX];
	const char *why; /* completes "has no effect: it is ..." */
};

/*
 * Arrays in the order of the file: the SPD's order (RFC 4301 4.4.1). Its first
 * entries are the policies; a PROTECT policy for each child of each connection
 * follows. There is room for them: a child counts as many entries as it has
 * pairs of selectors.
 */
struct config {
	struct gateway_conf gateway;
	struct ike_options ike;
	struct manual_conf *manual;
	size_t n_manual;
	struct policy_conf *policies;
	size_t n_policies;
	struct conn_conf *conns;
	size_t n_conns;
	size_t n_entries; /* of the SPD so far, where pieces come one by one */
	struct psk_conf *psks;
	size_t n_psks;
	/* Of those that come and go, see ctrl/daemon/loaded.h: */
	size_t psks_room;	     /* 0: they have no more than they need */
	size_t n_vici_psks;	     /* that came over VICI */
	struct name_index psk_names; /* owned; of no array: to be made */
	struct key_conf *keys;	     /* the keys themselves are elsewhere */
	size_t n_keys;
	struct token_module *modules;
	size_t n_modules;
	struct token_conf *tokens;
	size_t n_tokens;
	struct pool_conf *pools;
	size_t n_pools;
	struct cert_list certs; /* of its files; VICI's are the daemon's */
	struct authority *authorities;
	size_t n_authorities;
	struct conf_note *notes;
	size_t n_notes;
	char *file;	 /* the file's name, owned */
	char **included; /* names of the files that it includes, owned */
	size_t n_included;
};

/* Is what the SAs' packets have a counter that must never come again under one key? */
bool manual_counts(const struct manual_conf *m);

/* Under which key it counts, if it does. */
const struct secret *manual_counting_key(const struct manual_conf *m,
					 const struct manual_keys *keys);

/*
 * Do these have an SPI by which they cannot be told apart, or in counter mode a
 * key, which one SA alone may have (RFC 4106 section 2)? a may be b: one pair.
 *
 * out   filled if they do
 */
bool manual_clash(const struct manual_conf *a, const struct manual_conf *b,
		  struct manual_clash *out);

/* Is the policy, an index, one of the pair's, an index too? */
bool manual_serves(const struct config *c, size_t manual, size_t policy);

/*
 * May the pair protect what the policy covers? In transport mode, what goes
 * between its own two addresses.
 */
bool manual_suits(const struct manual_conf *m, const struct policy_conf *p);

/* Are their tunnel interfaces the same ones, or none? */
bool manual_same_if_ids(const struct manual_conf *m,
			const struct policy_conf *p);

/*
 * The pair whose outbound SA protects what the policy covers: of those that serve
 * it the last one, which was added to the others. MANUAL_NONE: there is none.
 */
size_t manual_outbound(const struct config *c, size_t policy);

/*
 * The pair of AH in which that of ESP is, and the pair of ESP that is in that of AH;
 * NULL: there is none.
 */
const struct manual_conf *manual_carrier(const struct config *c,
					 const struct manual_conf *m);
const struct manual_conf *manual_carried(const struct config *c,
					 const struct manual_conf *m);

void manual_wipe(struct manual_conf *m);

/* Wipes the keys and frees all; config_free(NULL) is fine. */
void config_free(struct config *c);

#define CONF_NOTE_MAX 512 /* octets of a note as text, with the NUL */

/* "FILE:LINE:COLUMN: charon.threads has no effect: it is ..."; returns buf. */
const char *conf_note_str(const struct conf_note *n, char buf[CONF_NOTE_MAX]);

/* Is there a policy or a child that protects traffic of IPv6? */
bool config_protects_v6(const struct config *c);

#endif
