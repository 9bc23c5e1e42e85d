/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keystore: long-term secrets, and the operations that need them (see
 * ctrl/model/keystore.h). Whoever asks gets an AUTH value, a yes or no, or its own
 * keys with a PPK mixed into them, never a key. Control thread.
 */
#ifndef CYG_DAEMON_KEYSTORE_H
#define CYG_DAEMON_KEYSTORE_H

#include "ctrl/daemon/psk_index.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/keystore.h"

/*
 * Does what is asked, with the best of these keys: the one whose owners name the
 * peer most closely (itself, a wildcard, anybody), then us. A key without owners
 * is for anybody; of equals the first counts.
 */
void keystore_serve(const struct psk_conf *psks, size_t n,
		    const struct keystore_request *q,
		    struct keystore_answer *out);

/* The same, with the best of the keys of an index. */
void keystore_serve_of(const struct psk_index *keys,
		       const struct keystore_request *q,
		       struct keystore_answer *out);

#endif
