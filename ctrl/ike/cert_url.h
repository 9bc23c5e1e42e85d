/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates of a peer's that are elsewhere, and came as their SHA-1 and an address
 * (RFC 7296 section 3.6, hash and URL). One that is loaded, or was fetched for somebody
 * who was believed, is taken without a question; others are fetched where charon's
 * hash_and_url lets them: for whoever says that it is somebody for whom there is a
 * connection, so they are few, and wait behind what is fetched for peers that are known.
 * A bundle of certificates is not taken: it is of any length, and nobody sends one.
 * Parts of a job of verify.h, in its thread.
 */
#ifndef CYG_IKE_CERT_URL_H
#define CYG_IKE_CERT_URL_H

#include "ctrl/ike/verify.h"

/* Puts those that are here into their places, and wants the others. */
void cert_url_take(struct verify_job *job, int64_t now_s);

/* Why the first one, with which the peer signs, is still elsewhere. */
void cert_url_why_not(const struct verify_job *job, struct error *why);

/* The peer is believed: those that came are kept. */
void cert_url_keep(struct verify_job *job, int64_t now_s);

#endif
