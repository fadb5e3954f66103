@rem "npm start" begins with exec: on POSIX the shell becomes the broker, so its process id and signals are the
@rem broker's. The command line of Windows knows no such word and finds this file instead.
@%*
