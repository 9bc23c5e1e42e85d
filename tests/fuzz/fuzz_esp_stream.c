// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any datagrams through a worker, as from the process of TCP connections (ctrl/dp/stream.h):
 * as they are, under the SPI that there is, or sealed with its SA's key. After each
 * round every frame is in one place and every datagram is counted; nothing leaves by
 * the unprotected port; and what leaves elsewhere was sealed.
 *
 * An input is a row of datagrams: what kind, how long, octets; the rest count up.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/model/stream.h"
#include "include/proto.h"
#include "tests/fuzz/input.h"
#include "tests/support/gateway.h"

#define FRAMES	 256U
#define STREAM	 7U
#define HEAD	 ((uint32_t)sizeof(struct stream_esp))
#define TEXT_MAX 3400U
#define ROUND	 8U /* datagrams */

enum kind {
	KIND_RAW,    /* all of it, the head too */
	KIND_SPI,    /* behind a head and the SPI */
	KIND_SEALED, /* the text between IV and ICV */
	KIND_LARGE,  /* of more than a frame */
	KINDS
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gateway *gateway;
static int far = -1;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void enter(struct sa_rt *sa)
{
	const struct sa_ends to = { .saddr = sa->saddr,
				    .daddr = sa->daddr,
				    .stream = STREAM };

	require(!sad_move_ends(gateway->sad, sa->ref, &to));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };

	(void)argc;
	(void)argv;
	gateway = gateway_new(&spec);
	enter(gateway->out);
	enter(gateway->in);
	require(!stream_join(&gateway->w, &far));
	return 0;
}

static void send_one(const uint8_t *at, uint32_t bytes)
{
	require(send(far, at, bytes, MSG_DONTWAIT) == (ssize_t)bytes);
	gateway->given++;
}

/* Returns how many are sealed; of no octet it would be the other end's close. */
static uint32_t give(struct slice *in)
{
	static uint8_t at[UINT16_MAX], l3[UINT16_MAX];
	const uint32_t spi_be = gateway->in->spi_be;
	const uint8_t kind = take(in) % KINDS;
	struct span o;
	uint32_t n;

	take_octets(in, &o, TEXT_MAX);
	memset(at, 0, HEAD);
	switch ((enum kind)kind) {
	case KIND_RAW:
		send_one(o.at, o.n ? o.n : 1);
		return 0;
	case KIND_SPI:
		memcpy(at + HEAD, &spi_be, sizeof(spi_be));
		memcpy(at + HEAD + sizeof(spi_be), o.at, o.n);
		send_one(at, HEAD + (uint32_t)sizeof(spi_be) + o.n);
		return 0;
	case KIND_SEALED:
		o.n &= ~3U;
		n = gateway_seal(gateway, o.at, o.n, l3) - IPV4_HEADER_BYTES;
		memcpy(at + HEAD, l3 + IPV4_HEADER_BYTES, n);
		send_one(at, HEAD + n);
		return 1;
	case KIND_LARGE:
		memcpy(at + HEAD, &spi_be, sizeof(spi_be));
		send_one(at, FRAME_BYTES + 4 * o.n);
		return 0;
	case KINDS:
		break;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint32_t sealed = 0, left;

	gateway_restart(gateway, 0);
	gateway_know_all(gateway);
	while (in.len) {
		for (uint32_t i = 0; in.len && i < ROUND; i++)
			sealed += give(&in);
		while (worker_step(&gateway->w))
			;
		require(gateway->w.stream.fd >= 0);
		require(gateway_books_balance(gateway));
		require(!port_mem_sent_n(&gateway->outside));
		left = port_mem_sent_n(&gateway->inside);
		require(left + gateway->to_host <= sealed);
		sealed -= left;
		gateway_reset(gateway);
	}
	return 0;
}
