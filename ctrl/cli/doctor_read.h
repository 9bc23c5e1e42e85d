/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers of facts that take more than a line. */
#ifndef CYG_CLI_DOCTOR_READ_H
#define CYG_CLI_DOCTOR_READ_H

#include "ctrl/cli/doctor.h"

/*
 * Rules at the FORWARD hook for IPv4, of nftables and of old iptables; of the
 * latter 1 stands for any number.
 *
 * is_drop   also without one, a packet is dropped there
 *
 * UNKNOWN without CAP_NET_ADMIN.
 */
int doctor_forward_rules(bool *is_drop);

/* Who has these UDP ports, on any address; the ports are set. */
void doctor_read_ports(struct doctor_port *ports, size_t n);

#endif
