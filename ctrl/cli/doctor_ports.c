// SPDX-License-Identifier: BSD-2-Clause
/* Who has a UDP port: the kernel knows its socket, /proc who holds that. */
#include "ctrl/cli/doctor_read.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 320 /* of what is below /proc */

/* Of the first socket that is bound to the port; 0: none is. */
static uint64_t find_socket(const char *table, uint16_t port)
{
	FILE *file = fopen(table, "re");
	char line[256];
	uint64_t inode = 0;

	while (file && !inode && fgets(line, sizeof(line), file)) {
		unsigned int local;
		uint64_t found;

		if (sscanf(line,
			   " %*d: %*[0-9A-F]:%x %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
			   &local, &found) == 2 &&
		    local == port)
			inode = found;
	}
	if (file)
		fclose(file);
	return inode;
}

static bool holds(const char *pid, const char *socket)
{
	char folder[PATH_BYTES], path[2 * PATH_BYTES], target[64];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	dir = opendir(folder);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t got;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		got = readlink(path, target, sizeof(target) - 1);
		target[got > 0 ? got : 0] = '\0';
		found = strcmp(target, socket) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static void read_name(const char *pid, char *out, size_t room)
{
	char path[PATH_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(out, (int)room, file))
		out[strcspn(out, "\n")] = '\0';
	if (file)
		fclose(file);
}

static void find_owner(uint64_t inode, char *out, size_t room)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char socket[64];

	snprintf(socket, sizeof(socket), "socket:[%" PRIu64 "]", inode);
	while (proc && !out[0] && (entry = readdir(proc)))
		if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
		    holds(entry->d_name, socket))
			read_name(entry->d_name, out, room);
	if (proc)
		closedir(proc);
}

void doctor_read_ports(struct doctor_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct doctor_port *p = &ports[i];
		uint64_t inode = find_socket("/proc/net/udp", p->port);

		if (!inode)
			inode = find_socket("/proc/net/udp6", p->port);
		p->is_taken = inode;
		if (inode)
			find_owner(inode, p->owner, sizeof(p->owner));
	}
}
