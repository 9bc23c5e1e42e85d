// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

void sandbox_close_from(unsigned int first)
{
	close_range(first, ~0U, 0);
}

int sandbox_become(const char *user, struct error *e)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return error_set(
			e, -ENOENT,
			"there is no user %s, as whom this is to run; run: useradd --system --no-create-home --shell /usr/sbin/nologin %s",
			user, user);
	if (pw->pw_uid == 0)
		return error_set(e, -EINVAL, "user %s is root", user);
	if (setgroups(0, NULL) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return error_set(e, -errno, "cannot become user %s: %s", user,
				 strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_set(e, -errno, "PR_SET_NO_NEW_PRIVS: %s",
				 strerror(errno));
	return 0;
}

int sandbox_files_only(struct error *e)
{
	bool may = !capng_get_caps_process() &&
		   capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE);

	capng_clear(CAPNG_SELECT_CAPS);
	if (may)
		may = !capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				    CAP_DAC_OVERRIDE);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return error_set(e, -EPERM, "cannot give capabilities up");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_set(e, -errno, "PR_SET_NO_NEW_PRIVS: %s",
				 strerror(errno));
	return 0;
}

/* Computing, waiting, and what a descriptor that is there is used for. */
static const int allowed[] = {
	/* the event loop */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	/* descriptors */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(dup),
	SCMP_SYS(shutdown),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(fstat),
	SCMP_SYS(lseek),
	SCMP_SYS(getsockname),
	/* memory; mmap and mprotect are below */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* threads, signals, the end */
	SCMP_SYS(futex),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* random numbers */
	SCMP_SYS(getrandom),
};

static int allow(scmp_filter_ctx ctx, bool connects)
{
	const struct scmp_arg_cmp no_code =
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp this_process = {
		.arg = 0,
		.op = SCMP_CMP_EQ,
		.datum_a = (scmp_datum_t)getpid(),
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       no_code);
	/* which source address the routes give; without socket() only of those
	 * sockets that are there */
	if (!err && connects)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(connect),
				       0);
	/* abort() of this process; fstat(), by whatever name */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       this_process);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
				       SCMP_SYS(newfstatat), 1,
				       SCMP_A3(SCMP_CMP_MASKED_EQ,
					       AT_EMPTY_PATH, AT_EMPTY_PATH));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
				       1, no_code);
	return err;
}

int sandbox_enter(bool connects, struct error *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (!ctx)
		return error_set(e, -ENOMEM, "no memory for a seccomp filter");
	/* The first date, of a certificate or to compare one with, reads a file. */
	tzset();
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = allow(ctx, connects);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err ? error_set(e, err, "cannot load the seccomp filter: %s",
			       strerror(-err))
		   : 0;
}
