// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/old_cpu.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include <intel-ipsec-mb.h>

const char *const old_cpu_names[CPU_MAX] = {
	"this CPU", "AVX2", "AVX", "SSE", "a CPU without AES",
};

static enum old_cpu pretended;

static uint64_t features_of(enum old_cpu cpu)
{
	switch (cpu) {
	case CPU_AVX2:
		return IMB_CPUFLAGS_AVX2;
	case CPU_AVX:
		return IMB_CPUFLAGS_AVX;
	case CPU_SSE:
		return IMB_CPUFLAGS_SSE;
	case CPU_AS_IS:
	case CPU_WITHOUT_AES:
	case CPU_MAX:
		break;
	}
	return IMB_CPUFLAGS_NO_AESNI;
}

bool old_cpu_pretend(enum old_cpu cpu)
{
	const uint64_t need = features_of(cpu);

	if ((imb_get_feature_flags() & need) != need)
		return false;
	pretended = cpu;
	return true;
}

static void init_as_is(IMB_MGR *mgr, IMB_ARCH *arch)
{
	void *symbol = dlsym(RTLD_NEXT, "init_mb_mgr_auto");
	void (*init)(IMB_MGR * mgr, IMB_ARCH * arch);

	memcpy(&init, &symbol, sizeof(init));
	init(mgr, arch);
}

void init_mb_mgr_auto(IMB_MGR *mgr, IMB_ARCH *arch)
{
	switch (pretended) {
	case CPU_AS_IS:
	case CPU_MAX:
		return init_as_is(mgr, arch);
	case CPU_AVX2:
		return init_mb_mgr_avx2(mgr);
	case CPU_AVX:
		return init_mb_mgr_avx(mgr);
	case CPU_SSE:
		return init_mb_mgr_sse(mgr);
	case CPU_WITHOUT_AES:
		init_mb_mgr_sse(mgr);
		mgr->features &= ~IMB_FEATURE_AESNI;
	}
}
