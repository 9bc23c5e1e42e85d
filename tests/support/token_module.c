// SPDX-License-Identifier: BSD-2-Clause
/*
 * A PKCS#11 module as a token that misbehaves has it: another one's functions, whose path
 * is in TOKEN_MODULE_OF, but that each login is a line in TOKEN_MODULE_FOLDER/logins,
 * takes its time while there is a file "slow", nothing is signed while there is one "stuck",
 * and signing fails while there is one "gone". Built as a library by the test that uses it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of CK_FUNCTION_LIST, version 2.40: a version, and functions in this order. */
#define FUNCTIONS 68
#define LOGIN	  18
#define SIGN	  43
#define OK	  0UL
#define REMOVED	  0x32UL /* CKR_DEVICE_REMOVED */
#define SLOW_S	  4
#define FAILED	  5UL /* CKR_GENERAL_ERROR */

typedef void any_fn(void); /* to which any may be cast */

struct function_list {
	unsigned char version[2];
	any_fn *functions[FUNCTIONS];
};

typedef unsigned long get_list_fn(struct function_list **out);
typedef unsigned long login_fn(unsigned long session, unsigned long user,
			       unsigned char *pin, unsigned long len);
typedef unsigned long sign_fn(unsigned long session, unsigned char *data,
			      unsigned long len, unsigned char *signature,
			      unsigned long *signature_len);

unsigned long C_GetFunctionList(struct function_list **out);

static struct function_list own, *others;

static const char *path_of(const char *file, char out[PATH_MAX])
{
	const char *folder = getenv("TOKEN_MODULE_FOLDER");

	snprintf(out, PATH_MAX, "%s/%s", folder ? folder : "/nonexistent", file);
	return out;
}

static unsigned long login(unsigned long session, unsigned long user,
			   unsigned char *pin, unsigned long len)
{
	char path[PATH_MAX];
	int fd = open(path_of("logins", path), O_WRONLY | O_CREAT | O_APPEND,
		      0600);

	if (fd < 0 || write(fd, "login\n", 6) != 6)
		return FAILED;
	close(fd);
	if (access(path_of("slow", path), F_OK) == 0)
		sleep(SLOW_S);
	return ((login_fn *)others->functions[LOGIN])(session, user, pin, len);
}

static unsigned long sign(unsigned long session, unsigned char *data,
			  unsigned long len, unsigned char *signature,
			  unsigned long *signature_len)
{
	char path[PATH_MAX];

	if (access(path_of("gone", path), F_OK) == 0)
		return REMOVED;
	while (access(path_of("stuck", path), F_OK) == 0)
		usleep(10000);
	return ((sign_fn *)others->functions[SIGN])(session, data, len,
						    signature, signature_len);
}

unsigned long C_GetFunctionList(struct function_list **out)
{
	const char *path = getenv("TOKEN_MODULE_OF");
	void *library = path ? dlopen(path, RTLD_NOW) : NULL;
	get_list_fn *get = NULL;
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;

	memcpy(&get, &symbol, sizeof(get));
	if (!get || get(&others) != OK)
		return FAILED;
	own = *others;
	own.functions[LOGIN] = (any_fn *)login;
	own.functions[SIGN] = (any_fn *)sign;
	*out = &own;
	return OK;
}
