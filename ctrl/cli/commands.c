// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/commands.h"

#include <string.h>

#include "ctrl/cli/capture.h"
#include "ctrl/cli/check.h"
#include "ctrl/cli/client.h"
#include "ctrl/cli/completion.h"
#include "ctrl/cli/debug.h"
#include "ctrl/cli/doctor.h"
#include "ctrl/cli/happens.h"
#include "ctrl/cli/help.h"
#include "ctrl/cli/help_pki.h"
#include "ctrl/cli/init.h"
#include "ctrl/cli/pki.h"
#include "ctrl/cli/top.h"

/* What verbs of `pki` have in common. */
#define PKI_OUT (OPT(OUT) | OPT(FORCE) | OPT(OUTFORM))
#define PKI_IN	(OPT(IN) | OPT(PASSPHRASE_FILE))
#define PKI_SIGN \
	(OPT(DIGEST) | OPT(RSA_PADDING) | OPT(PASSPHRASE_FILE) | PKI_OUT)
#define PKI_NAMES (OPT(DN) | OPT(SAN))
#define PKI_ISSUE                                                         \
	(PKI_NAMES | PKI_SIGN | OPT(LIFETIME) | OPT(SERIAL) | OPT(FLAG) | \
	 OPT(CA) | OPT(PATHLEN) | OPT(CRL) | OPT(OCSP))
#define PKI_AUTHORITY (OPT(CACERT) | OPT(CAKEY))
#define PKI_CMP                                                          \
	(OPT(CMP) | OPT(REF) | OPT(SECRET_FILE) | OPT(CERT) | OPT(KEY) | \
	 OPT(CACERT) | OPT(RECIPIENT) | OPT(IMPLICIT_CONFIRM) | OPT(TIMEOUT))

static const struct command commands[] = {
	{
		.name = "status",
		.summary =
			"interfaces, and of each tunnel whether it is up, or why it is not",
		.request = "cygnet-status",
		.event = CLIENT_PARTS,
		.field = "gateway",
		.options = OPT(CHECK),
		.show = show_status,
		.help = help_status,
	},
	{
		.name = "top",
		.summary = "tunnels by what they carry now",
		.words = WORDS_EVERY,
		.options = OPT(COUNT),
		.run = top_run,
		.help = help_top,
	},
	{
		.name = "why",
		.summary = "why a tunnel is not up, and what to do",
		.words = WORDS_TARGET,
		.request = "cygnet-why",
		.field = "tunnels",
		.show = show_why,
		.help = help_why,
	},
	{
		.name = "sa",
		.summary =
			"IKE SAs and their children; `sa add` and `sa delete` change manual ones",
		.request = "list-sas",
		.field = "sas",
		.event = "list-sa",
		.show = show_sa,
		.help = help_sa,
	},
	{
		.name = "sa add",
		.request = "cygnet-sa-add",
		.field = "success",
		.words = WORDS_NAME,
		.options = OPT(FILE),
		.show = show_added,
		.help = help_sa_add,
	},
	{
		.name = "sa delete",
		.request = "cygnet-sa-delete",
		.field = "success",
		.words = WORDS_NAME,
		.show = show_deleted,
		.help = help_sa_delete,
	},
	{
		.name = "policy",
		.summary =
			"what is protected, bypassed or discarded, in the order of the SPD",
		.request = "cygnet-policies",
		.event = CLIENT_PARTS,
		.field = "policies",
		.show = show_policy,
		.help = help_policy,
	},
	{
		.name = "up",
		.summary = "bring a connection or a child up",
		.request = "initiate",
		.field = "success",
		.words = WORDS_TARGET,
		.options = OPT(TIMEOUT),
		.waits = true,
		.show = show_done,
		.help = help_up,
	},
	{
		.name = "down",
		.summary = "end it",
		.request = "terminate",
		.field = "success",
		.words = WORDS_TARGET,
		.options = OPT(TIMEOUT),
		.waits = true,
		.show = show_done,
		.help = help_down,
	},
	{
		.name = "rekey",
		.summary = "give it new keys",
		.request = "rekey",
		.field = "success",
		.words = WORDS_TARGET,
		.show = show_done,
		.help = help_rekey,
	},
	{
		.name = "reauth",
		.summary = "make its IKE SA anew, with authentication",
		.request = "rekey",
		.yes = "reauth",
		.field = "success",
		.words = WORDS_TARGET,
		.show = show_done,
		.help = help_reauth,
	},
	{
		.name = "explain",
		.summary = "what would become of a packet, and why",
		.request = "cygnet-explain",
		.field = "verdict",
		.words = WORDS_FLOW,
		.options = OPT(IN),
		.show = show_explain,
		.code = explain_exit,
		.help = help_explain,
	},
	{
		.name = "drops",
		.summary = "packets that were dropped or let pass, by reason",
		.request = "cygnet-drops",
		.field = "drops",
		.options = OPT(ALL) | OPT(WATCH),
		.show = show_drops,
		.help = help_drops,
	},
	{
		.name = "watch",
		.summary = "what happens from now on, a JSON object a line",
		.run = happens_run,
		.help = help_watch,
	},
	{
		.name = "log",
		.summary = "the same in words, a line each",
		.run = happens_log,
		.help = help_log,
	},
	{
		.name = "debug",
		.summary = "the messages of IKE with a peer, for a while",
		.words = WORDS_PEER,
		.options = OPT(FOR),
		.run = debug_run,
		.help = help_debug,
	},
	{
		.name = "capture",
		.summary = "packets before and after the crypto, for Wireshark",
		.options = OPT(WRITE) | OPT(BEFORE) | OPT(AFTER) | OPT(SA) |
			   OPT(POLICY) | OPT(DROP) | OPT(COUNT) | OPT(SNAPLEN) |
			   OPT(TIMEOUT),
		.run = capture_run,
		.help = help_capture,
	},
	{
		.name = "counters",
		.summary = "everything that is counted, a line each",
		.request = "cygnet-counters",
		.event = CLIENT_PARTS,
		.field = "drops",
		.show = show_counters,
		.help = help_counters,
	},
	{
		.name = "reload",
		.summary =
			"read the configuration again, or show what that would change",
		.options = OPT(DRY_RUN),
		.request = "reload",
		.dry_run = "cygnet-reload-difference",
		.field = "success",
		.show = show_reload,
		.help = help_reload,
	},
	{
		.name = "check",
		.summary = "is a configuration in order, or a tunnel that is up?",
		.words = WORDS_CHECKED,
		.options = OPT(PFS) | OPT(MTU) | OPT(AUTH) | OPT(TO),
		.run = check_run,
		.help = help_check,
	},
	{
		.name = "init",
		.summary = "write a configuration for a first tunnel",
		.words = WORDS_SITE,
		.options = OPT(FILE) | OPT(PROTECTED) | OPT(UNPROTECTED),
		.run = init_run,
		.help = help_init,
	},
	{
		.name = "pki",
		.summary =
			"keys, requests, certificates and CRLs; asks no daemon",
		.in_is_file = true,
		.run = pki_run,
		.help = help_pki,
	},
	{
		.name = "pki gen",
		.options = OPT(TYPE) | OPT(SIZE) | OPT(PASSPHRASE_FILE) | PKI_OUT,
		.run = pki_gen_run,
		.help = help_pki_gen,
	},
	{
		.name = "pki pub",
		.words = WORDS_FILE,
		.options = PKI_IN | PKI_OUT,
		.in_is_file = true,
		.run = pki_pub_run,
		.help = help_pki_pub,
	},
	{
		.name = "pki req",
		.words = WORDS_FILE,
		.options = PKI_IN | PKI_NAMES | PKI_SIGN,
		.in_is_file = true,
		.run = pki_req_run,
		.help = help_pki_req,
	},
	{
		.name = "pki self",
		.words = WORDS_FILE,
		.options = PKI_IN | PKI_ISSUE,
		.in_is_file = true,
		.run = pki_self_run,
		.help = help_pki_self,
	},
	{
		.name = "pki issue",
		.words = WORDS_FILE,
		.options = PKI_IN | PKI_ISSUE | PKI_AUTHORITY,
		.in_is_file = true,
		.run = pki_issue_run,
		.help = help_pki_issue,
	},
	{
		.name = "pki signcrl",
		.options = PKI_AUTHORITY | PKI_SIGN | OPT(REASON) | OPT(CERT) |
			   OPT(SERIAL) | OPT(LASTCRL) | OPT(BASECRL) |
			   OPT(LIFETIME),
		.run = pki_signcrl_run,
		.help = help_pki_signcrl,
	},
	{
		.name = "pki print",
		.words = WORDS_FILE,
		.options = PKI_IN,
		.in_is_file = true,
		.run = pki_print_run,
		.help = help_pki_print,
	},
	{
		.name = "pki verify",
		.words = WORDS_FILE,
		.options = OPT(IN) | OPT(CACERT) | OPT(CRL),
		.in_is_file = true,
		.run = pki_verify_run,
		.help = help_pki_verify,
	},
	{
		.name = "pki enroll",
		.words = WORDS_FILE,
		.options = PKI_IN | PKI_NAMES | PKI_OUT | PKI_CMP | OPT(CMD) |
			   OPT(REASON),
		.in_is_file = true,
		.run = pki_enroll_run,
		.help = help_pki_enroll,
	},
	{
		.name = "pki renew",
		.words = WORDS_FILE,
		.options =
			PKI_IN | OPT(OUT) | PKI_CMP | OPT(WITHIN) | OPT(RELOAD),
		.in_is_file = true,
		.run = pki_renew_run,
		.help = help_pki_renew,
	},
	{
		.name = "doctor",
		.summary =
			"look at kernel, host and interfaces, with or without a daemon",
		.words = WORDS_FILE,
		.run = doctor_run,
		.help = help_doctor,
	},
	{
		.name = "algorithms",
		.summary = "what proposals may name, and who does it",
		.request = "cygnet-algorithms",
		.field = "encryption",
		.show = show_algorithms,
		.help = help_algorithms,
	},
	{
		.name = "version",
		.summary = "of this program and of the daemon",
		.request = "version",
		.field = "daemon",
		.show = show_version,
		.help = help_version,
	},
	{
		.name = "completion",
		.summary = "what a shell needs to complete all this",
		.words = WORDS_SHELL,
		.run = completion_run,
		.help = help_completion,
	},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool is_named(const struct command *c, const char *first,
		     const char *second)
{
	size_t len = strlen(first);

	if (strncmp(c->name, first, len) != 0)
		return false;
	return second ? c->name[len] == ' ' &&
				strcmp(c->name + len + 1, second) == 0
		      : !c->name[len];
}

static const struct command *find(const char *first, const char *second)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (is_named(&commands[i], first, second))
			return &commands[i];
	return NULL;
}

const struct command *command_find(char **words, int n, int *used)
{
	const struct command *c = n > 1 ? find(words[0], words[1]) : NULL;

	*used = c ? 2 : 1;
	return c ? c : find(words[0], NULL);
}

const struct command *command_at(size_t i)
{
	return i < N_COMMANDS ? &commands[i] : NULL;
}

void general_help(FILE *out)
{
	fputs(help_general_head, out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].summary)
			fprintf(out, "  %-10s  %s\n", commands[i].name,
				commands[i].summary);
	fputs(help_general_tail, out);
}
