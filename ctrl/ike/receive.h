/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams on their way in. Engine's thread. */
#ifndef CYG_IKE_RECEIVE_H
#define CYG_IKE_RECEIVE_H

#include "ctrl/ike/sa.h"

/* Decrypted in place; what is no message is nothing. */
void receive(struct engine *e, const struct ike_path *path, uint8_t *datagram,
	     size_t len);

/* A request that came by a stream before it could be answered: may it be now? Then
 * it comes again. */
bool early_is_due(const struct ike_sa *sa);
void receive_early(struct ike_sa *sa);

#endif
