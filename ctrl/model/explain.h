/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet of which somebody asks what would become of it, and the answer. Fixed,
 * without pointers: both cross processes as they are. Plain values; any thread.
 */
#ifndef CYG_MODEL_EXPLAIN_H
#define CYG_MODEL_EXPLAIN_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/status.h"

#define EXPLAIN_WORD_MAX 64 /* with the NUL */

/* As somebody typed it; "": not given. */
struct explain_words {
	char source[EXPLAIN_WORD_MAX];
	char destination[EXPLAIN_WORD_MAX];
	char protocol[EXPLAIN_WORD_MAX];
	char source_port[EXPLAIN_WORD_MAX]; /* ICMP: its type; ESP, AH: SPI */
	char destination_port[EXPLAIN_WORD_MAX]; /* ICMP: its code */
	char in[EXPLAIN_WORD_MAX];		 /* the interface */
};

struct explain_question {
	struct addr source, destination; /* of one family */
	uint16_t source_port;		 /* host order; ICMP: its type */
	uint16_t destination_port;	 /* likewise; its code */
	uint32_t spi;			 /* host order; ESP and AH */
	uint8_t protocol;
	uint8_t pad[3];
	char in[IF_NAMESIZE]; /* where it comes in; "": where its source is */
};

enum explain_place {
	EXPLAIN_AT_PROTECTED,	/* the program of that side */
	EXPLAIN_AT_UNPROTECTED, /* likewise */
	EXPLAIN_AT_GUARD,
	EXPLAIN_AT_TUNNEL, /* a tunnel interface */
	EXPLAIN_AT_KERNEL, /* its routing */
	EXPLAIN_AT_WORKER,
};

/* Something that decides about the packet, and what. */
struct explain_step {
	uint32_t drop; /* enum drop_reason; DROP_NONE: see pass */
	uint32_t pass; /* enum pass_reason; none of the kernel's */
	int32_t err;   /* the kernel's: why it goes nowhere, or 0 */
	uint8_t place; /* enum explain_place */
	uint8_t held;  /* worker: until there is an SA; no reason counts yet */
	uint8_t pad[2];
	/* Of a program, where it runs; of the kernel, by which it sends the
	 * packet, "" if to this host itself. */
	char iface[IF_NAMESIZE];
};

#define EXPLAIN_STEPS_MAX 4 /* program, kernel, guard, worker */

enum explain_outcome {
	EXPLAIN_SEALED, /* it leaves protected */
	EXPLAIN_OPENED, /* its SA is here, and opens it if it is genuine */
	EXPLAIN_CLEAR,	/* it goes on as it is, by the kernel */
	EXPLAIN_HELD,	/* it waits for an SA, which is asked for */
	EXPLAIN_DROPPED,
};

struct explain_policy {
	uint32_t id;
	uint8_t matched; /* 0: none did, or none was asked for */
	uint8_t action;	 /* enum spd_action */
	uint8_t manual;	 /* its SAs have keys by hand */
	uint8_t pad;
	uint32_t if_id; /* of what goes out; 0: none */
	char name[STATUS_NAME_MAX];
	char tunnel[STATUS_NAME_MAX]; /* "": none, or the pair was deleted */
};

struct explain_sa {
	struct addr local, remote; /* outer */
	uint32_t spi;		   /* host order; 0: there is none */
	uint32_t carrier; /* SPI of AH in which its packets are; 0: in none */
	uint8_t udp;	  /* encapsulated */
	uint8_t pad[3];
};

/* To the peer, outbound. */
struct explain_way {
	struct addr hop;    /* all 0: it was not asked for, or there is none */
	uint32_t mtu;	    /* of the path; octets of an outer packet */
	uint32_t inner_mtu; /* what fits it once protected */
	uint8_t resolved;   /* the hop's MAC address is known */
	uint8_t pad[3];
	char iface[IF_NAMESIZE];
};

struct explanation {
	struct explain_question question; /* in: filled in */
	uint32_t outcome;		  /* enum explain_outcome */
	uint32_t n_steps;
	struct explain_step step[EXPLAIN_STEPS_MAX];
	struct explain_policy policy;
	struct explain_sa sa;
	struct explain_way way;
};

_Static_assert(sizeof(struct explanation) ==
		       60 + 8 + EXPLAIN_STEPS_MAX * 32 + 276 + 44 + 44,
	       "no holes");

const char *explain_outcome_name(enum explain_outcome outcome); /* "protected" */
const char *explain_place_name(enum explain_place place); /* "guard", … */

/* What was decided there: a reason's name and what it means; of the kernel and of
 * what is held, words of this file. */
const char *explain_step_name(const struct explain_step *s);
const char *explain_step_text(const struct explain_step *s);

#define EXPLAIN_REMEDY_MAX 512

/* What to do if it is not what was wanted; "": nothing. Returns out. */
const char *explain_remedy(const struct explanation *x,
			   char out[EXPLAIN_REMEDY_MAX]);

#endif
