// SPDX-License-Identifier: Apache-2.0
//
// Rust's std::net: TcpListener and TcpStream over threads, time limits, UdpSocket, Unix-domain sockets, names.
// sgxx-test: needs rustc

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
                write!(stream, "heard {}", line).unwrap();
            });
        }
    });
    let clients: Vec<_> = (0..8)
        .map(|i| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                writeln!(stream, "client {}", i).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            })
        })
        .collect();
    for client in clients {
        print!("{}", client.join().unwrap());
    }
    server.join().unwrap();

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut waiting = TcpStream::connect(silent.local_addr().unwrap()).unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let error = waiting.read(&mut [0]).unwrap_err();
    println!("{}", error.kind() == ErrorKind::WouldBlock);
    silent.set_nonblocking(true).unwrap();
    silent.accept().unwrap();
    println!("{:?}", silent.accept().unwrap_err().kind());

    let (one, two) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    one.send_to(b"datagram", two.local_addr().unwrap()).unwrap();
    let mut buffer = [0; 16];
    let (length, from) = two.recv_from(&mut buffer).unwrap();
    println!("{} {}", String::from_utf8_lossy(&buffer[..length]), from == one.local_addr().unwrap());

    let (mut left, mut right) = UnixStream::pair().unwrap();
    left.write_all(b"pair").unwrap();
    drop(left);
    let mut text = String::new();
    right.read_to_string(&mut text).unwrap();
    println!("{}", text);
    println!("{:?}", "127.0.0.1:80".to_socket_addrs().unwrap().next().unwrap());
    println!("{:?}", TcpStream::connect("127.0.0.1:1").unwrap_err().kind());
}
