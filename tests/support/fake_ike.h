/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process in ike's place from inside: for fake_ike.c, which has the links
 * and main(), and for the files of what it tries.
 */
#ifndef CYG_TESTS_FAKE_IKE_H
#define CYG_TESTS_FAKE_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctrl/base/seam.h"
#include "ctrl/daemon/dp_seam.h"
#include "ctrl/daemon/ike_seam.h"

/* As ctrl/base/seam.c has it: who took ike over knows it as well. */
struct fake_header {
	uint16_t version;
	uint16_t type;
	uint32_t bytes;
};

struct fake {
	int listener;
	int ctl, dp; /* links; -1: none */
	struct conn_conf conn;
	struct child_conf child;
	uint64_t token;
	uint32_t manual_out, manual_in; /* SPIs of a tunnel that is not ours */
	const char *psk;
	bool saw_psk; /* in anything that came */
	struct fake_box {
		size_t at, len; /* of messages that came together */
		uint8_t octets[8 + SEAM_MESSAGE_MAX];
	} from_ctl, from_dp;
};

/* One thing to try. It prints what came of it. */
struct attempt {
	const char *name;
	void (*run)(struct fake *f, const char *name);
};

/* Ended by a NULL name. */
extern const struct attempt fake_keystore[];
extern const struct attempt fake_sadb[];
extern const struct attempt fake_seam[];
extern const struct attempt fake_lies[];
extern const struct attempt fake_wants[];

/* "NAME: OUTCOME", for an errno its name. */
void fake_say(const char *name, const char *outcome);
void fake_say_err(const char *name, int err);

/* Any octets; false: the other end takes none. */
bool fake_send_octets(int to, const void *octets, size_t bytes, const int *fds,
		      size_t n_fds);
/* A message as it should be. */
bool fake_send(int to, uint16_t type, const void *msg, size_t bytes);

/* The next message of the type, zeroes behind it; false: none came in 10 s. */
bool fake_ctl_says(struct fake *f, uint16_t type, void *msg, size_t bytes);

/* Does the link still work? By a question that is answered. */
bool fake_ctl_answers(struct fake *f);
bool fake_dp_answers(struct fake *f);

/* Questions with a token of their own; the answer's err, or -EPIPE. */
int fake_keystore_ask(struct fake *f, struct keystore_request *q,
		      struct keystore_answer *a);
int fake_sadb_ask(struct fake *f, struct sadb_request *q, struct sadb_answer *a);

/* A good question of each kind. */
struct keystore_request fake_psk_make(const struct fake *f);
struct sadb_request fake_add(const struct fake *f, enum sadb_dir dir,
			     uint32_t spi);

#endif
