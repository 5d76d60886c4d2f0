// Print events as the web interface gets them: node socket.js http://localhost:8080 TOKEN
import { io } from "socket.io-client";

const [host, token] = process.argv.slice(2);
const socket = io(`${host}/events`, { auth: { token } });

socket.onAny((name, data) => console.log(name, data));
socket.on("connect_error", (error) => console.error(error.message));
