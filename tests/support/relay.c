// SPDX-License-Identifier: BSD-2-Clause
/*
 * A bad path between two interfaces: what comes in at one leaves by the other,
 * later, or not, or twice, or behind packets that came after it.
 *
 *     relay [OPTION]… A B
 *       --delay-ms MS        every packet takes so long
 *       --reorder N          it may be overtaken by up to N others
 *       --drop-permille P    so many of 1000 are lost
 *       --dup-permille P     so many of those that are left arrive twice
 *       --only esp|ike|all   the others pass at once (all)
 *       --seed S             another seed is another fate (1)
 *
 * Fate is a function of seed, direction and the packet's number among those of
 * its direction that --only names: the same packets have the same again. The
 * clock decides one thing alone: a packet that waits to be overtaken waits for
 * HOLD_NS at most.
 *
 * Prints `ready`, a line of JSON for each SIGUSR1, and one more at SIGTERM,
 * which ends it. By the interface of arrival: "in" and "out" count packets by
 * kind, where "clear" is IPv4 that is neither ESP nor IKE; "overtaken" those
 * that left behind a later one, at most "places" of them; "dropped" and
 * "duplicated" are the script's. What the relay lost by itself is in "lost", and
 * a test is worth nothing if that is not 0.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "tests/support/relay_lane.h"

#define BATCH	     64U
#define SOCKET_BYTES (64 << 20)

static const char *const kind_names[KIND_MAX] = { "esp", "ike", "clear",
						  "other" };

/* An interface, and the way of what comes in there. */
struct end {
	const char *ifname;
	int fd;
	struct lane lane;
};

static void must(bool good, const char *what)
{
	if (!good)
		err(1, "%s", what);
}

/* --- in and out */

/* Of another's frames as they are: offloads leave the relay as they came. */
static int open_socket(const char *ifname)
{
	const int on = 1, bytes = SOCKET_BYTES;
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(ifname),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	must(at.sll_ifindex != 0, ifname);
	must(fd >= 0, "socket");
	must(!setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
			 sizeof(on)) &&
		     !setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				 sizeof(on)) &&
		     !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
				 sizeof(bytes)) &&
		     !setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
				 sizeof(bytes)),
	     "setsockopt");
	must(bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0, ifname);
	return fd;
}

static void name_frame(struct mmsghdr *m, struct iovec *iov, struct frame *f,
		       size_t bytes)
{
	*iov = (struct iovec){ .iov_base = f->octets, .iov_len = bytes };
	*m = (struct mmsghdr){ .msg_hdr = { .msg_iov = iov, .msg_iovlen = 1 } };
}

/* A frame that does not fit is lost; without room it waits in the socket. */
static void receive(struct end *from)
{
	struct lane *l = &from->lane;
	uint32_t n = l->n_free < BATCH ? l->n_free : BATCH;
	struct frame *frames[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	uint64_t now_ns;
	int got;

	for (uint32_t i = 0; i < n; i++) {
		frames[i] = lane_take_free(l);
		name_frame(&m[i], &iov[i], frames[i], FRAME_BYTES);
	}
	got = n ? recvmmsg(from->fd, m, n, MSG_DONTWAIT, NULL) : 0;
	must(got >= 0 || errno == EAGAIN || errno == ENETDOWN, "recvmmsg");
	now_ns = clock_ns();
	for (uint32_t i = 0; i < n; i++) {
		frames[i]->bytes = m[i].msg_len;
		if ((int)i >= got) {
			lane_drop(l, frames[i]);
		} else if (m[i].msg_hdr.msg_flags & MSG_TRUNC) {
			l->lost++;
			lane_drop(l, frames[i]);
		} else {
			lane_arrive(l, frames[i], now_ns);
		}
	}
}

/* The kernel refuses a frame by a result for it alone. */
static void transmit(struct lane *l, int to)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];

	while (l->ready.n) {
		uint32_t n = l->ready.n < BATCH ? l->ready.n : BATCH;
		int sent;

		for (uint32_t i = 0; i < n; i++) {
			struct frame *f =
				l->ready.at[(l->ready.head + i) % QUEUE_FRAMES];

			name_frame(&m[i], &iov[i], f, f->bytes);
		}
		sent = sendmmsg(to, m, n, 0);
		for (int i = 0; i < sent; i++) {
			struct frame *f = lane_take_ready(l);

			l->sent[f->kind]++;
			lane_drop(l, f);
		}
		if (sent <= 0) {
			l->lost++;
			lane_drop(l, lane_take_ready(l));
		}
	}
}

/* --- counts */

static json_t *kinds_json(const uint64_t count[KIND_MAX])
{
	json_t *all = json_object();

	for (unsigned int i = 0; i < KIND_MAX; i++)
		json_object_set_new(all, kind_names[i],
				    json_integer((json_int_t)count[i]));
	return all;
}

/* What the socket had no room for is lost, too; the kernel forgets it then. */
static void count_socket(struct end *end)
{
	struct tpacket_stats stats;
	socklen_t bytes = sizeof(stats);

	must(getsockopt(end->fd, SOL_PACKET, PACKET_STATISTICS, &stats,
			&bytes) == 0,
	     "PACKET_STATISTICS");
	end->lane.lost += stats.tp_drops;
}

static json_t *lane_json(const struct lane *l)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "in",
			 kinds_json(l->got), "out", kinds_json(l->sent),
			 "dropped", l->dropped, "duplicated", l->duplicated,
			 "overtaken", l->overtaken, "places", l->places, "lost",
			 l->lost);
}

static void report(struct end ends[2])
{
	json_t *all = json_object();

	for (unsigned int i = 0; i < 2; i++) {
		count_socket(&ends[i]);
		json_object_set_new(all, ends[i].ifname,
				    lane_json(&ends[i].lane));
	}
	json_dumpf(all, stdout, 0);
	puts("");
	fflush(stdout);
	json_decref(all);
}

/* --- start */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, 0);
}

static bool told_to_end(int signals, struct end ends[2])
{
	struct signalfd_siginfo info;

	must(read(signals, &info, sizeof(info)) == sizeof(info), "signalfd");
	report(ends);
	return info.ssi_signo == SIGTERM;
}

static uint32_t number(const char *text, uint32_t max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n > max)
		errx(2, "%s is not a number from 0 to %u", text, max);
	return (uint32_t)n;
}

static void choose_kinds(struct script *s, const char *word)
{
	bool all = strcmp(word, "all") == 0;

	s->only[KIND_ESP] = all || strcmp(word, "esp") == 0;
	s->only[KIND_IKE] = all || strcmp(word, "ike") == 0;
	s->only[KIND_CLEAR] = s->only[KIND_OTHER] = all;
	if (!s->only[KIND_ESP] && !s->only[KIND_IKE])
		errx(2, "--only %s is none of esp, ike and all", word);
}

static void read_options(int argc, char **argv, struct script *s)
{
	static const struct option options[] = {
		{ "delay-ms", required_argument, NULL, 'd' },
		{ "reorder", required_argument, NULL, 'r' },
		{ "drop-permille", required_argument, NULL, 'l' },
		{ "dup-permille", required_argument, NULL, 't' },
		{ "only", required_argument, NULL, 'o' },
		{ "seed", required_argument, NULL, 's' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			s->delay_ns = number(optarg, 10000) * NS_PER_MS;
		else if (option == 'r')
			s->reorder = number(optarg, REORDER_MAX);
		else if (option == 'l')
			s->drop_permille = number(optarg, 1000);
		else if (option == 't')
			s->dup_permille = number(optarg, 1000);
		else if (option == 'o')
			choose_kinds(s, optarg);
		else if (option == 's')
			s->seed = number(optarg, UINT32_MAX);
		else
			exit(2);
	}
	if (argc - optind != 2)
		errx(2, "usage: relay [OPTION]... A B");
}

static void start(struct end *end, const char *ifname, const struct script *s,
		  uint32_t direction)
{
	size_t bytes = QUEUE_FRAMES * sizeof(struct frame);
	struct frame *frames = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(frames != MAP_FAILED, "mmap");
	end->ifname = ifname;
	end->fd = open_socket(ifname);
	lane_init(&end->lane, s, direction, frames);
}

/* --- the loop */

/* Until something comes, or is due. */
static void wait_for_work(struct pollfd fds[3], const struct end ends[2])
{
	uint64_t due = lane_next_due(&ends[0].lane);
	uint64_t other = lane_next_due(&ends[1].lane);
	uint64_t now_ns = clock_ns(), wait_ns;
	struct timespec limit;

	due = other < due ? other : due;
	wait_ns = due > now_ns ? due - now_ns : 0;
	limit.tv_sec = (time_t)(wait_ns / NS_PER_S);
	limit.tv_nsec = (long)(wait_ns % NS_PER_S);
	must(ppoll(fds, 3, due == UINT64_MAX ? NULL : &limit, NULL) >= 0,
	     "ppoll");
}

static void run(struct end ends[2], int signals)
{
	struct pollfd fds[3] = {
		{ .fd = ends[0].fd, .events = POLLIN },
		{ .fd = ends[1].fd, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	do {
		wait_for_work(fds, ends);
		for (unsigned int i = 0; i < 2; i++) {
			if (fds[i].revents)
				receive(&ends[i]);
			lane_advance(&ends[i].lane, clock_ns());
			transmit(&ends[i].lane, ends[1 - i].fd);
		}
	} while (!fds[2].revents || !told_to_end(signals, ends));
}

int main(int argc, char **argv)
{
	struct script s = { .seed = 1, .only = { true, true, true, true } };
	static struct end ends[2];
	int signals;

	read_options(argc, argv, &s);
	signals = open_signals();
	for (uint32_t i = 0; i < 2; i++)
		start(&ends[i], argv[optind + (int)i], &s, i);
	puts("ready");
	fflush(stdout);
	run(ends, signals);
	return 0;
}
