/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in a protected message. What fails ends the program. */
#ifndef CYG_TESTS_IKE_LOOK_H
#define CYG_TESTS_IKE_LOOK_H

#include "ctrl/ike/sa.h"

/*
 * sa     of the side to which the message went
 * room   MESSAGE_MAX octets, in which it is opened: out refers to them
 */
void look_inside(const struct ike_sa *sa, struct octets message, uint8_t *room,
		 struct ike_payloads *out);

#endif
