/** The PostgreSQL adapter: all stores over one pool. */
export { createStores, type Stores } from './stores.ts';
