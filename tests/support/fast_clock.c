// SPDX-License-Identifier: BSD-2-Clause
/*
 * A clock that runs CLOCK_SPEED times as fast as the world's, for a program that
 * it is linked into: what takes minutes takes seconds. The monotonic clock is
 * the one by which the daemon counts ages and deadlines; its event loops, which
 * wait in epoll_wait(), wait for the shorter time.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_SPEED  20
#define NS_PER_S     1000000000L
#define EPOLL_MIN_MS 1

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long err = syscall(SYS_clock_gettime, clock, now);

	if (err || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE))
		return (int)err;
	now->tv_nsec *= CLOCK_SPEED;
	now->tv_sec = now->tv_sec * CLOCK_SPEED + now->tv_nsec / NS_PER_S;
	now->tv_nsec %= NS_PER_S;
	return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	if (timeout_ms > 0)
		timeout_ms = timeout_ms / CLOCK_SPEED + EPOLL_MIN_MS;
	return (int)syscall(SYS_epoll_wait, fd, events, max, timeout_ms);
}
