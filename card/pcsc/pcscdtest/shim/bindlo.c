/*
 * Loaded into a pcscd under test (LD_PRELOAD).
 *
 * bind() on all IPv4 addresses becomes bind() on a free port of 127.0.0.1: the vpcd driver would listen on every network
 * interface, on the port it is configured with. Each pair "configured port, real port" is appended as a line to the file
 * BINDLO_PORTS names.
 *
 * nanosleep() of just the 400 ms between two of pcscd's looks for a card becomes BINDLO_POLL_US microseconds, if that is set.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int report(int fd, in_port_t configured)
{
	struct sockaddr_in real;
	socklen_t size = sizeof real;
	const char *path = getenv("BINDLO_PORTS");
	int out, n;

	if (path == NULL || getsockname(fd, (struct sockaddr *)&real, &size) != 0)
		return -1;
	out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (out < 0)
		return -1;
	n = dprintf(out, "%u %u\n", ntohs(configured), ntohs(real.sin_port));
	close(out);
	return n < 0 ? -1 : 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_in in;
	in_port_t configured;

	if (size != sizeof in || address->sa_family != AF_INET)
		return syscall(SYS_bind, fd, address, size);
	memcpy(&in, address, sizeof in);
	if (in.sin_addr.s_addr != htonl(INADDR_ANY))
		return syscall(SYS_bind, fd, address, size);
	configured = in.sin_port;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = 0;
	if (syscall(SYS_bind, fd, &in, sizeof in) != 0)
		return -1;
	return report(fd, configured);
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	struct timespec t = *wanted;
	const char *poll = getenv("BINDLO_POLL_US");

	if (poll != NULL && t.tv_sec == 0 && t.tv_nsec == 400 * 1000 * 1000) {
		long us = atol(poll);
		t.tv_sec = us / 1000000;
		t.tv_nsec = us % 1000000 * 1000;
	}
	return syscall(SYS_nanosleep, &t, left);
}
