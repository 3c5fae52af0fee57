/* User-Mode Linux 6.1 hands PTRACE_SETREGSET an FPU image that is shorter than the XSAVE area of newer CPUs, and
 * the kernel refuses it. This preload completes the image from the one that the thread has. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE 0x202
#define XSTATE_HEADER 512     /* behind the legacy FXSAVE image */
#define XSTATE_TILE_DATA (3UL << 17)

static long raw(long request, long pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static long set_xstate(long pid, void *addr, struct iovec *shorter)
{
	static __thread unsigned char image[16384] __attribute__((aligned(64)));
	struct iovec whole = { image, sizeof image };
	size_t n;

	if (raw(PTRACE_GETREGSET, pid, addr, &whole))
		return -1;
	n = shorter->iov_len < whole.iov_len ? shorter->iov_len : whole.iov_len;
	memcpy(image, shorter->iov_base, n);
	if (n < whole.iov_len)
		*(unsigned long *)(image + XSTATE_HEADER) &= ~XSTATE_TILE_DATA;
	return raw(PTRACE_SETREGSET, pid, addr, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list ap;
	long pid, word, r;
	void *addr, *data;

	va_start(ap, request);
	pid = (int)va_arg(ap, long);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (request == PTRACE_SETREGSET && (long)addr == NT_X86_XSTATE)
		return set_xstate(pid, addr, data);
	if (request > 0 && request < 4) {
		r = raw(request, pid, addr, &word);
		if (r < 0)
			return r;
		errno = 0;
		return word;
	}
	return raw(request, pid, addr, data);
}
