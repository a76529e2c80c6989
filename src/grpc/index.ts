/** What every gRPC server of the program does alike: binding, and closing without cutting calls off. */
export { listen, type Listening } from './listen.ts';
